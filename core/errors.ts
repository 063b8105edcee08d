/** One field of a request that is wrong, as the API reports it. */
export interface FieldError {
  readonly field: string;
  readonly code: string;
  readonly message: string;
}

/** The HTTP statuses an error of the API may have: those of the API's reference, and 405, 413 and 422. */
export type ErrorStatus = 400 | 401 | 403 | 404 | 405 | 409 | 412 | 413 | 422 | 429 | 500;

/**
 * An error the caller may see: its message says what is wrong and what to do. Every other error is answered as
 * 500 with nothing but the request id, and stays whole in the log.
 */
export class VisibleError extends Error {
  readonly statusCode: ErrorStatus;
  readonly fieldErrors: readonly FieldError[];
  /** What its status has in headers: `retry-after` of 429, `allow` of 405. */
  readonly headers: Readonly<Record<string, string>>;
  constructor(
    statusCode: ErrorStatus,
    message: string,
    fieldErrors: readonly FieldError[] = [],
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.name = 'VisibleError';
    this.statusCode = statusCode;
    this.fieldErrors = fieldErrors;
    this.headers = headers;
  }
}

/** 400: the request is wrong in these fields; the message joins theirs. */
export function invalid(...fieldErrors: FieldError[]): VisibleError {
  return new VisibleError(
    400,
    fieldErrors.map(({ field, message }) => `${field}: ${message}`).join('; '),
    fieldErrors,
  );
}

/** 404: it does not exist, or the caller may not see that it does. */
export function notFound(noun: string, id: string): VisibleError {
  return new VisibleError(404, `No ${noun} ${id} was found.`);
}

/** 409: the request collides with what is already there. */
export function conflict(message: string, ...fieldErrors: FieldError[]): VisibleError {
  return new VisibleError(409, message, fieldErrors);
}

/** 412: it is not any more as the caller has seen it. */
export function changedMeanwhile(): VisibleError {
  return new VisibleError(
    412,
    'This has changed since you read it. Read it again, and apply your change to that.',
  );
}

/** 403: the caller may see it and not do this to it. */
export function forbidden(message: string): VisibleError {
  return new VisibleError(403, message);
}

/** 401: there is no valid credential. */
export function unauthenticated(message: string): VisibleError {
  return new VisibleError(401, message);
}

/** 429: it was tried too often; it may be tried again after so many seconds. */
export function tooMany(message: string, retryAfter: number): VisibleError {
  return new VisibleError(429, message, [], { 'retry-after': String(retryAfter) });
}
