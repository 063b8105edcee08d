import { expect, test } from 'vitest';
import { routes } from '../../../functions/api/table.ts';
import { apiDocumentation } from '../../support/api-documentation.ts';

test('the documentation is that of the routes', async () => {
  await expect(apiDocumentation(routes)).toMatchFileSnapshot('../../../docs/api.md');
});
