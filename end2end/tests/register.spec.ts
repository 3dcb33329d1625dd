import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ERRORS } from '../support/faulty.ts';
import { tabTo } from '../support/keys.ts';
import { expect, test, tookOver } from '../support/test.ts';

const component = (name: string, lifecycle = 'production') => `apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  namespace: register
  name: ${name}
spec:
  type: service
  lifecycle: ${lifecycle}
  owner: group:default/loan-servicing
`;

let folder: string;

test.beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portico-register-'));
});

test.afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Writes one good and one bad document; gives the good one's name, which no other test has. */
function descriptors(project: string): string {
  const name = `loan-${project}-${Date.now()}`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'catalog-info.yaml'), `${component(name)}---\n${component('broken', '[]')}`);
  return name;
}

test('software is checked, registered and unregistered with the keyboard alone', async ({ page, visit, hydrated, accessible }, info) => {
  test.slow();
  const name = descriptors(info.project.name);
  await visit('/locations');
  await tabTo(page, 'link', 'Register software');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'Register software' })).toBeVisible();
  await tabTo(page, 'textbox', 'Address or path');
  await page.keyboard.type(folder);
  await page.keyboard.press('Enter');

  await expect(page.getByText('1 would be added, 1 rejected, in 1 file.')).toBeVisible();
  if (hydrated) await tookOver(page);
  await expect(page.getByRole('row').filter({ hasText: name })).toContainText('catalog-info.yaml:1');
  const problems = page.locator('section', { has: page.getByRole('heading', { name: /^1 error/ }) }).getByRole('listitem');
  await expect(problems.filter({ hasText: 'catalog-info.yaml:18:14' })).toContainText('Error');
  await accessible();
  // What was found has an address, and nothing was written yet.
  await page.reload();
  await expect(page.getByText('1 would be added, 1 rejected, in 1 file.')).toBeVisible();
  if (hydrated) await tookOver(page);

  await tabTo(page, 'button', 'Register');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/locations\/\d+$/);
  await expect(page.getByRole('heading', { level: 1, name: folder })).toBeVisible();
  await expect(async () => {
    await page.reload();
    await expect(page.getByRole('main')).toContainText('Has errors', { timeout: 1_000 });
  }).toPass();
  if (hydrated) await tookOver(page);
  const location = page.url();

  // Checked again, it is known.
  await visit(`/locations/register?target=${encodeURIComponent(folder)}`);
  await expect(page.getByText('This location is registered already.')).toBeVisible();
  await expect(page.getByText('1 would be left as is, 1 rejected, in 1 file.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Register' })).toHaveCount(0);
  await expect(page.getByRole('link', { name: 'Go to the location' })).toHaveAttribute('href', new URL(location).pathname);

  await visit(new URL(location).pathname);
  await tabTo(page, 'link', 'Unregister');
  await page.keyboard.press('Enter');
  await expect(page.getByText('1 entity is removed from the catalog with it.')).toBeVisible();
  await accessible();
  if (hydrated) await tookOver(page);
  await tabTo(page, 'button', 'Unregister');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/locations$/);
  await expect(async () => {
    await page.reload();
    await expect(page.getByRole('row').filter({ hasText: folder })).toHaveCount(0, { timeout: 1_000 });
  }).toPass();
});

test('what cannot be checked is said beside the field', async ({ page, visit, accessible }) => {
  await visit('/locations/register?target=nonsense');
  const field = page.getByRole('textbox', { name: 'Address or path' });
  await expect(field).toHaveAttribute('aria-invalid', 'true');
  await expect(field).toHaveValue('nonsense');
  await expect(field).toHaveAccessibleDescription(/is neither an address.*nor a path that begins with/);
  await accessible();
  await visit('/locations/register?target=https://stranger.example/x.yaml');
  await expect(page.getByText('is not an allowed host')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Register' })).toHaveCount(0);
});

test('the check of a location that is there says what is wrong in it', async ({ page, visit }) => {
  await visit('/locations/1');
  const target = await page.getByRole('heading', { level: 1 }).innerText();
  await visit(`/locations/register?target=${encodeURIComponent(target)}`);
  for (const place of ERRORS) await expect(page.getByRole('listitem').filter({ hasText: place })).toContainText('Error');
});
