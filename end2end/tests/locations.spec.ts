import { ERRORS, WARNED_LINE } from '../support/faulty.ts';
import { WARNED } from '../support/pages.ts';
import { expect, test } from '../support/test.ts';

test('every location says how it stands, and a faulty one what is wrong where', async ({ page, visit }) => {
  await visit('/locations');
  await expect(page.getByRole('row').filter({ hasText: 'examples' })).toContainText(/Trusted for organisation data.*(Fine|Has errors)/);
  const faulty = page.getByRole('row').filter({ hasText: 'regulatory-reporting' });
  await expect(faulty).toContainText('Has errors');
  await faulty.getByRole('link', { name: /regulatory-reporting/ }).click();

  await expect(page.getByRole('heading', { level: 1, name: /regulatory-reporting$/ })).toBeVisible();
  const problems = page.locator('section', { has: page.getByRole('heading', { name: 'Problems' }) }).getByRole('listitem');
  await expect(problems).toHaveCount(ERRORS.length + 1);
  for (const place of ERRORS) await expect(problems.filter({ hasText: place })).toContainText('Error');
  await expect(problems.filter({ hasText: 'did you mean `annotations`?' })).toContainText(`catalog-info.yaml:${WARNED_LINE}:3`);
});

test('the descriptor of an entity with a problem marks the line', async ({ page, visit }) => {
  await visit(WARNED);
  await expect(page.getByRole('main')).toContainText(`catalog-info.yaml:${WARNED_LINE}:3`);
  await page.getByRole('link', { name: 'Descriptor' }).click();
  const code = page.getByRole('region', { name: 'Descriptor' });
  await expect(code.locator('.pk-code__line--marked')).toHaveCount(1);
  const marked = code.locator(`#L${WARNED_LINE}.pk-code__line--marked`);
  await expect(marked).toContainText('anotations: { team: reporting }');
  // The lines are numbered as in the file, where another document comes before.
  await expect(code.locator('#L3')).toContainText('apiVersion: backstage.io/v1alpha1');
  // A line's number is its address, and shows which line is meant.
  await code.getByRole('link', { name: 'Line 5' }).click();
  await expect(page).toHaveURL(/tab=descriptor#L5$/);
  await expect(code.locator('#L5:target')).toBeVisible();
});

for (const [what, path] of [
  ['the list', '/locations'],
  ['its own page', '/locations/1'],
] as const) {
  test(`a location can be refreshed from ${what}`, async ({ page, visit }) => {
    await visit(path);
    const form = page.locator('form', { has: page.getByRole('button', { name: 'Refresh now' }) }).first();
    const answered = page.waitForResponse((response) => response.url().includes('/api/catalog/fn/refresh'));
    await form.getByRole('button').click();
    const answer = await answered;
    expect(answer.status()).toBe(302);
    await expect(page.getByText('Refresh asked for')).toBeVisible();
    await expect(page).toHaveURL(new RegExp(`${path}$`));
    await expect(page.getByRole('heading', { level: 1, name: what === 'the list' ? 'Locations' : /regulatory-reporting$/ })).toBeVisible();
    // It is said once.
    await visit(path);
    await expect(page.getByText('Refresh asked for')).toHaveCount(0);
  });
}
