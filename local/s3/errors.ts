const STATUS = {
  AccessDenied: 403,
  BadDigest: 400,
  BucketNotEmpty: 409,
  IncompleteBody: 400,
  InternalError: 500,
  InvalidArgument: 400,
  InvalidBucketName: 400,
  InvalidPart: 400,
  InvalidPartOrder: 400,
  InvalidRange: 416,
  InvalidURI: 400,
  KeyTooLongError: 400,
  MalformedXML: 400,
  MaxMessageLengthExceeded: 400,
  NoSuchBucket: 404,
  NoSuchKey: 404,
  NoSuchUpload: 404,
  NotImplemented: 501,
  PreconditionFailed: 412,
  SignatureDoesNotMatch: 403,
  XAmzContentSHA256Mismatch: 400,
} as const;

/** An error as S3 answers it: `code` stands in the XML and decides the HTTP status. */
export class S3Error extends Error {
  readonly code: keyof typeof STATUS;
  readonly statusCode: number;
  constructor(code: keyof typeof STATUS, message: string) {
    super(message);
    this.name = 'S3Error';
    this.code = code;
    this.statusCode = STATUS[code];
  }
}
