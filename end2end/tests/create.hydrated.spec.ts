import { signIn } from '../support/sign-in.mjs';
import { expect, test, tookOver } from '../support/test.ts';

const LIBRARY = '/create/templates/default/shared-library/form';

test.describe.configure({ mode: 'serial' });

// Each test is somebody else, since a draft is one a person and template.
const PEOPLE = ['daniel.okafor', 'yara.haddad', 'lukas.meier', 'ines.carvalho'];
let next = -1;

test.beforeEach(async ({ page, context, baseURL }) => {
  next += 1;
  await context.clearCookies();
  await context.addCookies(await signIn(baseURL!, `user:default/${PEOPLE[next]}`));
  await expect(async () => {
    const answer = await page.goto(LIBRARY);
    expect(answer?.status()).toBe(200);
  }).toPass({ timeout: 25_000 });
  await tookOver(page);
});

test('what is wrong is said when a field is left, and goes as soon as it is mended', async ({ page }) => {
  const name = page.locator('[id="f/name"]');
  await name.fill('Not A Name');
  await expect(name).not.toHaveAttribute('aria-invalid', 'true');
  await page.keyboard.press('Tab');
  await expect(name).toHaveAttribute('aria-invalid', 'true');
  await expect(page.locator('[id="f/name-check"]')).toContainText('Error');
  await name.fill('a-name');
  await expect(name).not.toHaveAttribute('aria-invalid', 'true');
  await expect(page.locator('[id="f/name-check"]')).toBeHidden();
});

test('fields come and go without losing focus, caret or what was typed meanwhile', async ({ page }) => {
  // The answer takes its time, and somebody types on.
  await page.route('**/api/templates/fn/page', async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 600));
    await route.continue();
  });
  const what = page.getByRole('textbox', { name: /^What it is for/ });
  await what.fill('');
  await page.getByRole('radio', { name: 'Rust' }).check();
  await page.getByRole('radio', { name: 'TypeScript' }).check();
  await what.click();
  await page.keyboard.type('Amounts');
  await page.keyboard.press('Home');
  await page.keyboard.type('All ');
  await expect(page.getByRole('combobox', { name: /^Modules/ })).toBeVisible();
  await expect(what).toBeFocused();
  await page.keyboard.type('the ');
  await expect(what).toHaveValue('All the Amounts');
});

test('what was typed when a session had ended is there after the next sign-in', async ({ page, context, problems }) => {
  problems.allow(/401/);
  const what = page.getByRole('textbox', { name: /^What it is for/ });
  const state = await context.cookies();
  await context.clearCookies();
  await what.fill('Typed after the end of the session');
  await expect(page.getByText('Your session has ended.')).toBeVisible();
  await context.addCookies(state);
  await page.getByRole('link', { name: 'Sign in again' }).click();
  await tookOver(page);
  await expect(page.getByRole('textbox', { name: /^What it is for/ })).toHaveValue('Typed after the end of the session');
  await expect(page.getByRole('status').filter({ hasText: 'Draft saved' })).toBeVisible();
});

test('two windows lose nothing of each other', async ({ page, context }) => {
  const other = await context.newPage();
  await other.goto(LIBRARY);
  await tookOver(other);
  await other.locator('[id="f/name"]').fill('from-the-other');
  await expect(other.getByRole('status').filter({ hasText: 'Draft saved' })).toBeVisible();
  await page.locator('[id="f/name"]').fill('from-here');
  await expect(page.getByText('also changed in another window')).toBeVisible();
  await expect(page.locator('[id="f/name"]')).toHaveValue('from-here');
  await page.getByRole('button', { name: 'Use what was saved there' }).click();
  await expect(page.locator('[id="f/name"]')).toHaveValue('from-the-other');
  await expect(page.getByText('also changed in another window')).toHaveCount(0);
});
