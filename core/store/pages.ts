/** A page of a query's answer, and where the next one begins; null when there is none. */
interface Page<T> {
  readonly data: readonly T[];
  readonly cursor: string | null;
}

/** What a query finds, page by page, so that it is never all in memory. `ask` reads the page that begins at a cursor. */
export async function* pagesOf<T>(
  ask: (cursor: string | null) => Promise<Page<T>>,
): AsyncGenerator<readonly T[]> {
  let cursor: string | null = null;
  do {
    const page: Page<T> = await ask(cursor);
    yield page.data;
    cursor = page.cursor;
  } while (cursor !== null);
}
