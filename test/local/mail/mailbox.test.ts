import { SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { as, createFolder, startEndpoints, type TestEndpoints, testFunction } from '../support/endpoints.ts';

const grants = [
  { actions: ['ses:SendEmail'], resources: ['arn:aws:ses:*:*:identity/windsock@localhost.test'] },
];
const functions = [testFunction('api', 'behave', { kind: 'step' }, { grants })];
const folder = createFolder();
let endpoints: TestEndpoints;

beforeAll(async () => {
  endpoints = await startEndpoints(folder, { functions });
});
afterAll(async () => {
  await endpoints.close();
  folder.remove();
});

const send = (text: string, to: string[], from = 'windsock@localhost.test') =>
  new SESv2Client(as('function-api', endpoints.url)).send(
    new SendEmailCommand({
      FromEmailAddress: from,
      Destination: { ToAddresses: to },
      Content: { Simple: { Subject: { Data: 'Hello' }, Body: { Text: { Data: text } } } },
    }),
  );

test('what is sent is in the mailbox of each recipient, oldest first, with its code', async () => {
  expect((await send('Your code is 123456.', ['a@example.com'])).MessageId).toBeTruthy();
  await send('No code here, 1234567 is none.', ['A@example.com', 'b@example.com']);
  expect(endpoints.mailbox.messages('a@example.com')).toEqual([
    { to: 'a@example.com', subject: 'Hello', text: 'Your code is 123456.', code: '123456' },
    { to: 'a@example.com', subject: 'Hello', text: 'No code here, 1234567 is none.', code: null },
  ]);
  expect(endpoints.mailbox.messages('b@example.com')).toHaveLength(1);
  expect(endpoints.mailbox.messages('c@example.com')).toEqual([]);
});

test('sending is granted by the sender', async () => {
  await expect(send('x', ['a@example.com'], 'other@localhost.test')).rejects.toMatchObject({
    name: 'AccessDeniedException',
  });
});

test('a wrong address is refused', async () => {
  await expect(send('x', ['nobody'])).rejects.toMatchObject({ name: 'BadRequestException' });
});
