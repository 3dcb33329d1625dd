import { actAs, begin, choose } from '../support/create.ts';
import { tabTo } from '../support/keys.ts';
import { expect, test, tookOver, watch } from '../support/test.ts';

const FORM = '/create/templates/default/public-website/form';
const LIBRARY = '/create/templates/default/shared-library/form';

/** Each test is somebody else, since a draft is one a person and template. */
const PEOPLE = { hydrated: ['amelie.dubois', 'jonas.weber'], plain: ['priya.raman', 'tomasz.nowak'] };
const person = (hydrated: boolean, number: number) => `user:default/${PEOPLE[hydrated ? 'hydrated' : 'plain'][number]}`;

test('a form is filled in, left, and finished on another device', async ({ page, hydrated, accessible, browser, baseURL, problems }) => {
  test.slow();
  await actAs(page.context(), baseURL!, person(hydrated, 0));
  await begin(page, FORM, hydrated);
  await expect(page.getByRole('heading', { level: 1, name: 'Public website' })).toBeVisible();
  await accessible();

  // What is missing is said at the field and in a summary.
  await page.getByRole('button', { name: 'Continue' }).last().click();
  if (!hydrated) await expect(page.getByText('3 fields need your attention')).toBeVisible();
  const name = page.locator('[id="f/name"]');
  await expect(name).toHaveAttribute('aria-invalid', 'true');
  await accessible();

  await name.fill('student-savings');
  await page.getByRole('textbox', { name: /^Title/ }).fill('Savings for students');
  await choose(page, 'owner', 'web', /Web Banking/, 'group:default/web-banking', hydrated);
  await page.getByRole('button', { name: 'Continue' }).last().click();
  await expect(page.getByRole('heading', { level: 2, name: 'What it holds' })).toBeVisible();
  if (hydrated) await tookOver(page);

  // Entries come, move and go.
  await page.getByRole('button', { name: 'Add another entry' }).click();
  const slugs = page.getByRole('textbox', { name: /^Address/ });
  await expect(slugs).toHaveCount(2);
  await slugs.nth(1).fill('contact');
  await page.getByRole('textbox', { name: /^Heading/ }).nth(1).fill('Contact us');
  await page.getByRole('button', { name: /^Move up/ }).click();
  await expect(slugs.nth(0)).toHaveValue('contact');
  await expect(slugs.nth(1)).toHaveValue('about');
  await accessible();

  // A field that depends on another.
  await expect(page.getByRole('textbox', { name: /^Data protection officer/ })).toHaveCount(0);
  await page.getByRole('checkbox', { name: 'Measure visits' }).check();
  if (!hydrated) await page.getByRole('button', { name: 'Update form' }).click();
  const officer = page.getByRole('textbox', { name: /^Data protection officer/ });
  await expect(officer).toBeVisible();
  await officer.fill('not an address');
  await page.getByRole('button', { name: 'Continue' }).last().click();
  await expect(page.getByText(/must be an e-mail address/i).first()).toBeVisible();
  await officer.fill('officer@meridian.example');
  if (hydrated) {
    await page.keyboard.press('Tab');
    await expect(page.getByRole('status').filter({ hasText: 'Draft saved' })).toBeVisible();
  } else {
    await page.getByRole('button', { name: 'Update form' }).click();
  }
  // Nothing is lost when the page is loaded again.
  await page.reload();
  await expect(officer).toHaveValue('officer@meridian.example');
  await expect(slugs.nth(0)).toHaveValue('contact');

  // On another device it goes on where it was left.
  const other = await browser.newContext({ baseURL, javaScriptEnabled: hydrated });
  await actAs(other, baseURL!, person(hydrated, 0));
  const there = await other.newPage();
  watch(there, baseURL!, problems, hydrated);
  await there.goto(FORM);
  if (hydrated) await tookOver(there);
  await expect(there.getByRole('heading', { level: 2, name: 'What it holds' })).toBeVisible();
  await expect(there.getByRole('textbox', { name: /^Data protection officer/ })).toHaveValue('officer@meridian.example');
  await there.getByRole('button', { name: 'Continue' }).last().click();
  await expect(there.getByRole('heading', { level: 2, name: 'Where it lives' })).toBeVisible();
  await there.locator('[id="f/repoUrl~owner"]').fill('web-banking');
  await there.locator('[id="f/repoUrl~repo"]').fill('student-savings');
  await there.getByRole('button', { name: 'Review' }).last().click();
  await expect(there.getByRole('heading', { level: 2, name: 'What will happen' })).toBeVisible();
  await expect(there.getByText('Savings for students')).toBeVisible();
  await expect(there.getByText('portico / web-banking / student-savings')).toBeVisible();
  await other.close();
});

test('a form is filled in with the keyboard alone', async ({ page, hydrated, accessible, baseURL }) => {
  await actAs(page.context(), baseURL!, person(hydrated, 0));
  await begin(page, LIBRARY, hydrated);
  await expect(page.locator('[id="f/name"]')).toBeFocused();
  await page.keyboard.type('money');
  await tabTo(page, 'textbox', /^What it is for/);
  await page.keyboard.type('Amounts and currencies.');
  await tabTo(page, 'radio', 'Rust');
  await page.keyboard.press('ArrowDown');
  if (!hydrated) {
    await tabTo(page, 'button', 'Update form');
    await page.keyboard.press('Enter');
  }
  await expect(page.getByRole('combobox', { name: /^Modules/ })).toBeVisible();
  await expect(page.getByRole('combobox', { name: /^Edition/ })).toHaveCount(0);
  await expect(page.locator('[id="f/name"]')).toHaveValue('money');
  await accessible();
});

test('nobody reads the draft of somebody else', async ({ page, hydrated, browser, baseURL }) => {
  await actAs(page.context(), baseURL!, person(hydrated, 1));
  await begin(page, FORM, hydrated);
  await page.locator('[id="f/name"]').fill('quite-private');
  await page.getByRole('textbox', { name: /^Title/ }).fill('Private');
  if (hydrated) await expect(page.getByRole('status').filter({ hasText: 'Draft saved' })).toBeVisible();
  else await page.getByRole('button', { name: 'Update form' }).click();
  const context = await browser.newContext({ baseURL, javaScriptEnabled: hydrated });
  await actAs(context, baseURL!, 'user:default/sofia.lindqvist');
  const other = await context.newPage();
  await other.goto(FORM);
  await expect(other.locator('[id="f/name"]')).toHaveValue('');
  expect(await other.content()).not.toContain('quite-private');
  await context.close();
});
