import type { z } from 'zod';
import { type FieldError, VisibleError } from '../../core/errors.ts';
import type { RawRequest, Reply } from '../api/route.ts';
import { type Html, html } from './html.ts';
import { page } from './page.ts';
import { sentByThisSite } from './sent-by-this-site.ts';

/** A field of a form. */
export interface Field {
  readonly name: string;
  readonly label: string;
  readonly type: 'text' | 'email' | 'password';
  /** What a browser or password manager may fill in, https://html.spec.whatwg.org/#autofill. */
  readonly autocomplete: string;
  readonly hint?: string;
  /** What is said of a value that the schema does not take. */
  readonly wrong: string;
  readonly isCode?: boolean;
}

/** A page with one form. The schema has the fields' names. */
export interface Form<Input> {
  readonly title: string;
  readonly before?: Html;
  /** Where it is sent, with what it has to carry along in the query. */
  readonly action: string;
  readonly fields: readonly Field[];
  readonly schema: z.ZodType<Input>;
  readonly submit: string;
  readonly after?: Html;
}

/** What a page says of a form that was sent and not taken. */
interface Refusal {
  readonly statusCode: number;
  readonly errors: readonly FieldError[];
  readonly values: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** More than any form of ours has, in bytes. */
const LARGEST_FORM = 16 * 1024;

/** The page of a form that has not been sent yet. */
export function formPage<Input>(form: Form<Input>): Reply<string> {
  return render(form, { statusCode: 200, errors: [], values: {} });
}

/**
 * Takes a form that was sent: what is wrong with it, or what the command refuses, comes back on the same page, at its
 * field. Passwords and codes are never filled in again.
 */
export async function submitted<Input>(
  form: Form<Input>,
  request: RawRequest,
  publicUrl: string,
  command: (input: Input) => Promise<Reply<string>>,
): Promise<Reply<string>> {
  const sent = fieldsOf(request);
  const shown = form.fields.filter(({ type, isCode }) => type !== 'password' && isCode !== true);
  const values = Object.fromEntries(shown.map(({ name }) => [name, sent[name] ?? '']));
  if (!sentByThisSite(request.headers, publicUrl)) {
    const message = 'This form was sent from another site. Fill it in here to send it.';
    return render(form, { statusCode: 403, errors: [{ field: '', code: 'foreign', message }], values });
  }
  const parsed = form.schema.safeParse(sent);
  if (!parsed.success) {
    const names = new Set(parsed.error.issues.map(({ path }) => String(path[0])));
    const errors = form.fields
      .filter(({ name }) => names.has(name))
      .map(({ name, wrong }) => ({ field: name, code: 'invalid', message: wrong }));
    return render(form, { statusCode: 400, errors, values });
  }
  try {
    return await command(parsed.data);
  } catch (error) {
    if (!(error instanceof VisibleError)) throw error;
    const { statusCode, message, fieldErrors, headers } = error;
    const errors = fieldErrors.length > 0 ? fieldErrors : [{ field: '', code: 'refused', message }];
    return render(form, { statusCode, errors, values, headers });
  }
}

/** The fields of a form as browsers send it; of one that comes twice, the last. */
function fieldsOf({ bytes }: RawRequest): Record<string, string> {
  if (bytes.length > LARGEST_FORM) throw new VisibleError(413, `A form has at most ${LARGEST_FORM} bytes.`);
  return Object.fromEntries(new URLSearchParams(new TextDecoder().decode(bytes)));
}

function render<Input>(
  form: Form<Input>,
  { statusCode, errors, values, headers = {} }: Refusal,
): Reply<string> {
  const firstWrong = errors.find(({ field }) => form.fields.some(({ name }) => name === field))?.field;
  const isFirstRead = errors.length === 0 && form.before !== undefined;
  const focused = isFirstRead ? undefined : (firstWrong ?? form.fields[0]?.name);
  return page({
    title: errors.length > 0 ? `Error: ${form.title}` : form.title,
    statusCode,
    headers,
    main: html`<h1>${form.title}</h1>
${problems(form, errors)}${form.before}
<form method="post" action="${form.action}" novalidate>
${form.fields.map((field) => input(field, values[field.name], errors, field.name === focused))}
<button type="submit">${form.submit}</button>
</form>
${form.after}`,
  });
}

/** All that is wrong, above the form, each with a link to its field. */
function problems<Input>(form: Form<Input>, errors: readonly FieldError[]): Html | undefined {
  if (errors.length === 0) return undefined;
  const items = errors.map(({ field, message }) => {
    const { label } = form.fields.find(({ name }) => name === field) ?? {};
    return label === undefined
      ? html`<p>${message}</p>`
      : html`<p><a href="#${field}">${label}: ${message}</a></p>`;
  });
  return html`<div class="problems" role="alert">${items}</div>
`;
}

function input(
  { name, label, type, autocomplete, hint, isCode }: Field,
  value: string | undefined,
  errors: readonly FieldError[],
  isFocused: boolean,
): Html {
  const wrong = errors.find(({ field }) => field === name)?.message;
  const described = [hint && `${name}-hint`, wrong && `${name}-problem`].filter((id) => id).join(' ');
  const attributes = [
    described === '' ? undefined : html` aria-describedby="${described}"`,
    wrong === undefined ? undefined : html` aria-invalid="true"`,
    value === undefined || value === '' ? undefined : html` value="${value}"`,
    isCode === true ? html` class="code" inputmode="numeric" maxlength="6"` : undefined,
    isFocused ? html` autofocus` : undefined,
  ];
  return html`<label for="${name}">${label}</label>
${hint === undefined ? undefined : html`<p class="hint" id="${name}-hint">${hint}</p>`}
<input id="${name}" name="${name}" type="${type}" autocomplete="${autocomplete}" required${attributes}>
${wrong === undefined ? undefined : html`<p class="problem" id="${name}-problem">${wrong}</p>`}
`;
}
