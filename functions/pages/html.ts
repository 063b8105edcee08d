/** A piece of HTML that is safe to show as it is. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** What may stand in a template: a text is escaped, a list is joined, and what is missing leaves nothing. */
type Content = Html | string | number | undefined | readonly Content[];

/** HTML with everything put in escaped, for elements and for attributes in double quotes. */
export function html(parts: TemplateStringsArray, ...contents: readonly Content[]): Html {
  return new Html(parts.map((part, index) => part + textOf(contents[index])).join(''));
}

function textOf(content: Content): string {
  if (content === undefined) return '';
  if (content instanceof Html) return content.text;
  if (typeof content === 'object') return content.map(textOf).join('');
  return String(content).replace(/[&<>"']/g, (letter) => `&#${letter.codePointAt(0)};`);
}
