/** A request to the endpoint server after its body was read and its caller was named. */
export interface WireRequest {
  readonly id: string;
  readonly method: string;
  /** The path with its query string, `/v2/email/outbound-emails`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  /** The access key id of the request: `function-<name>`, `role-<name>` or `runner`. */
  readonly principal: string;
}

export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** One of AWS's wire protocols: recognises its requests, checks their grants, and answers them. */
export interface Protocol {
  /** Requests are signed unless this says that they are not, and then the protocol knows whom it answers. */
  readonly isSigned?: false;
  claims(request: WireRequest): boolean;
  answer(request: WireRequest): Promise<WireAnswer>;
  /** An error in this protocol's form. */
  failure(request: WireRequest, error: Failure): WireAnswer;
}

/** What an AWS error answer says. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly statusCode: number;
}
