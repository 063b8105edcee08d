import { z } from 'zod';

/** RFC 5321: 64 characters before the `@`, and 63 a label of the domain. Zod's pattern has no lengths. */
const PATTERN = new RegExp(`^(?=[^@]{1,64}@)(?!.*@.*[^.]{64})${z.regexes.email.source.replace(/^\^/, '')}`);

/** The longest address that RFC 5321 lets anybody have. */
export const LONGEST_ADDRESS = 254;

/** An e-mail address as it is given. */
export const EmailAddress = z.email({ pattern: PATTERN }).max(LONGEST_ADDRESS);
