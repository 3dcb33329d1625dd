import { DOCUMENTED } from '../support/pages.ts';
import { expect, test } from '../support/test.ts';

test('a developer reads the docs of a service from page to page', async ({ page, visit, accessible }) => {
  await visit(DOCUMENTED);
  await page.getByRole('navigation', { name: 'Views of this entity' }).getByRole('link', { name: 'Docs' }).click();
  await expect(page).toHaveURL(new RegExp(`${DOCUMENTED}/docs$`));
  const article = page.locator('.pk-prose');
  await expect(article).toBeVisible();
  await accessible();

  // On to the next page, and back by the list of pages.
  const next = page.getByRole('navigation', { name: 'The pages before and after' }).getByRole('link', { name: /^Next/ });
  const title = (await next.innerText()).replace(/^Next\s*/, '');
  await next.click();
  await expect(page).toHaveURL(new RegExp(`${DOCUMENTED}/docs/.+`));
  await expect(page.locator('.pk-reader__pages a[aria-current="page"]')).toHaveText(title);
  await expect(page.getByRole('link', { name: /^Previous/ })).toBeVisible();
  await page.goBack();
  await expect(page).toHaveURL(new RegExp(`${DOCUMENTED}/docs$`));

  // Where it comes from leads to the location.
  await expect(page.locator('.pk-reader__origin')).toContainText('index.md');
});

test('an address without a page says so and leads to the first one', async ({ page, visit, problems }) => {
  problems.allow(/404/);
  await visit(`${DOCUMENTED}/docs/no/such/page`);
  await page.getByRole('link', { name: 'Go to the first page' }).click();
  await expect(page).toHaveURL(new RegExp(`${DOCUMENTED}/docs$`));
});

test('an entity without docs says what to add', async ({ page, visit }) => {
  await visit('/catalog/default/component/branch-terminal-gateway/docs');
  await expect(page.getByText('backstage.io/techdocs-ref: dir:.')).toBeVisible();
});
