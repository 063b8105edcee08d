/** A function behind the gateway: echoes its event, or answers as its path says. */
export function handler(event: { rawPath: string }): unknown {
  switch (event.rawPath) {
    case '/teapot':
      return {
        statusCode: 418,
        headers: { 'x-kind': 'tea' },
        cookies: ['a=1; HttpOnly', 'b=2'],
        body: Buffer.from([0, 255]).toString('base64'),
        isBase64Encoded: true,
      };
    case '/throws':
      throw new Error('a secret detail');
    case '/nonsense':
      return { statusCode: 'many' };
    default:
      return event;
  }
}
