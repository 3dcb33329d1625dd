import { tabTo } from '../support/keys.ts';
import { expect, test } from '../support/test.ts';

/** The page of a component in the gallery. */
const gallery = (name: string) => `/design/components/${name}`;

test('a dialog holds the focus, Escape closes it, and the focus goes back', async ({ page, visit }) => {
  await visit(gallery('dialog'));
  const opener = page.getByRole('button', { name: 'Send back' }).first();
  await opener.focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Send the pitch back to Payments Experience?' });
  await expect(dialog.getByRole('textbox')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(opener).toBeFocused();
  // The cross at its end does the same.
  await page.keyboard.press('Enter');
  await dialog.getByRole('button', { name: 'Close' }).click();
  await expect(dialog).toBeHidden();
  await expect(opener).toBeFocused();
});

test('a confirmation begins with the way back and sends a real form', async ({ page, visit }) => {
  await visit(gallery('dialog'));
  await page.getByRole('button', { name: 'Delete draft' }).first().press('Enter');
  const dialog = page.getByRole('alertdialog', { name: /^Delete the draft/ });
  await expect(dialog).toHaveAccessibleDescription(/cannot be brought back/);
  await expect(dialog.getByRole('button', { name: 'Keep it' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(dialog).toBeHidden();
  await page.keyboard.press('Enter');
  await dialog.getByRole('button', { name: 'Delete draft' }).press('Enter');
  await expect(page).toHaveURL(/draft=card-issuing-3/);
});

test('a drawer is left with Escape and with a click beside it', async ({ page, visit }) => {
  await visit(gallery('drawer'));
  const opener = page.getByRole('button', { name: 'Show finding' });
  const drawer = page.getByRole('dialog', { name: 'Contrast of the amount field' });
  await opener.press('Enter');
  await expect(drawer).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(drawer).toBeHidden();
  await expect(opener).toBeFocused();
  await opener.press('Enter');
  await page.mouse.click(20, 400);
  await expect(drawer).toBeHidden();
});

test('a menu follows the menu button pattern', async ({ page, visit }) => {
  await visit(gallery('menu'));
  const button = page.getByRole('button', { name: 'Actions', exact: true });
  const item = (name: string) => page.getByRole('menuitem', { name });
  await button.focus();
  await page.keyboard.press('ArrowDown');
  await expect(button).toHaveAttribute('aria-expanded', 'true');
  await expect(item('Edit the descriptor')).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await expect(item('Unregister')).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(item('Edit the descriptor')).toBeFocused();
  await page.keyboard.press('End');
  await expect(item('Unregister')).toBeFocused();
  await page.keyboard.press('r');
  await expect(item('Refresh now')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(item('Refresh now')).toBeHidden();
  await expect(button).toBeFocused();
  await expect(button).toHaveAttribute('aria-expanded', 'false');
  await page.keyboard.press('ArrowUp');
  await expect(item('Unregister')).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(item('Unregister')).toBeHidden();
  await expect(button).not.toBeFocused();
});

test('a dialog that a menu opened gives the focus back to the button of the menu', async ({ page, visit }) => {
  await visit(gallery('menu'));
  const button = page.getByRole('button', { name: 'Actions', exact: true });
  await button.focus();
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('alertdialog', { name: 'Unregister ledger-core?' });
  await expect(dialog.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(button).toBeFocused();
});

test('a tooltip comes with the focus and with the pointer, and Escape hides it', async ({ page, visit }) => {
  await visit(gallery('tooltip'));
  const button = page.getByRole('button', { name: 'Refresh now' });
  const tooltip = page.getByRole('tooltip', { name: /Reads all files/ });
  await expect(tooltip).toBeHidden();
  await expect(button).toHaveAccessibleDescription(/Reads all files/);
  // Past the list of all pages.
  await page.getByRole('navigation', { name: 'How the examples are shown' }).getByRole('link').last().focus();
  await tabTo(page, 'button', 'Refresh now', 3);
  await expect(tooltip).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(tooltip).toBeHidden();
  await button.blur();
  await button.hover();
  await expect(tooltip).toBeVisible();
  // The pointer may be moved onto the words.
  await tooltip.hover();
  await expect(tooltip).toBeVisible();
});

test('a toast is announced, leaves the focus alone, and stays while it is read', async ({ page, visit }) => {
  await page.clock.install();
  await visit(gallery('button'));
  const tell = (detail: object) => page.evaluate((detail) => document.dispatchEvent(new CustomEvent('portico:toast', { detail })), detail);
  const link = page.getByRole('link', { name: 'Open the catalog' }).first();
  await link.focus();
  await tell({ text: 'The draft is saved.' });
  await tell({ text: 'The journey was left.', action: { label: 'Undo', href: '#undo' } });
  const [saved, left] = [page.getByText('The draft is saved.'), page.getByText('The journey was left.')];
  await expect(page.locator('[aria-live=polite]', { has: saved })).toBeVisible();
  await expect(link).toBeFocused();
  await saved.hover();
  await page.clock.runFor(20_000);
  await expect(saved).toBeVisible();
  await page.mouse.move(10, 10);
  await page.clock.runFor(20_000);
  await expect(saved).toBeHidden();
  // What holds an action waits for its reader.
  await expect(left).toBeVisible();
  await page.getByRole('button', { name: 'Dismiss' }).focus();
  await page.keyboard.press('Enter');
  await expect(left).toBeHidden();
  await expect(link).toBeFocused();
});

test('a banner that can be put away is put away from the keyboard', async ({ page, visit }) => {
  await visit(gallery('banner'));
  const banner = page.getByRole('note').filter({ hasText: 'Java 17 is off-road' });
  await banner.getByRole('button', { name: 'Dismiss' }).press('Enter');
  await expect(banner).toBeHidden();
  await expect(page.getByRole('main')).toBeFocused();
});

test('the panels of tabs are shown with the arrows and named in the address', async ({ page, visit }) => {
  await visit(gallery('tabs'));
  const tab = (name: string) => page.getByRole('tab', { name });
  await tab('curl').focus();
  await page.keyboard.press('ArrowRight');
  await expect(tab('Java')).toBeFocused();
  await expect(tab('Java')).toHaveAttribute('aria-selected', 'true');
  await expect(page.getByRole('tabpanel', { name: 'Java' })).toBeVisible();
  await expect(page.getByRole('tabpanel')).toHaveCount(1);
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  await expect(tab('Python')).toBeFocused();
  await expect(page).toHaveURL(/#tabs-call-3$/);
  await page.keyboard.press('Home');
  await expect(tab('curl')).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('tabpanel', { name: 'curl' })).toBeFocused();
  await visit(`${gallery('tabs')}#tabs-call-2`);
  await page.reload();
  await expect(page.getByRole('tabpanel', { name: 'Java' })).toBeVisible();
});

test('rows are chosen one by one and all at once, and the count is told', async ({ page, visit }) => {
  await visit(gallery('table'));
  const table = page.getByRole('table', { name: 'Services to choose' });
  const all = table.getByRole('checkbox', { name: 'Choose all rows' });
  const form = page.locator('form', { has: table });
  const told = form.getByRole('status');
  await table.getByRole('checkbox', { name: 'Choose fx-rates' }).press('Space');
  await expect(told).toHaveText('1 of 3 chosen');
  expect(await all.evaluate((box: HTMLInputElement) => box.indeterminate)).toBe(true);
  await expect(form.getByRole('button', { name: 'Refresh', exact: true })).toBeVisible();
  await all.press('Space');
  await expect(told).toHaveText('3 of 3 chosen');
  await all.press('Space');
  await expect(told).toHaveText('None chosen');
  await expect(form.getByRole('button', { name: 'Refresh', exact: true })).toBeHidden();
});

test('the heading of a table that fits stays in sight; one that does not scrolls by itself', async ({ page, visit }) => {
  await visit(gallery('table'));
  const place = (name: string) => page.getByRole('region', { name });
  await expect(place('Services by name')).toHaveCSS('overflow-x', 'visible');
  await expect(place('Recovery of services')).toHaveCSS('overflow-x', 'auto');
});

test('source text is copied without its line numbers, and that is told', async ({ page, visit, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await visit(gallery('code'));
  const copy = page.getByRole('button', { name: 'Copy: catalog-info.yaml' });
  await copy.press('Enter');
  await expect(page.locator('[aria-live=polite]').filter({ hasText: 'Copied' })).toHaveCount(1);
  const text = await page.evaluate(() => navigator.clipboard.readText());
  expect(text.split('\n').slice(0, 2)).toEqual(['apiVersion: backstage.io/v1alpha1', 'kind: Component']);
});

test('a tree follows the tree view pattern', async ({ page, visit }) => {
  await visit(gallery('tree'));
  const item = (name: string) => page.getByRole('treeitem', { name: new RegExp(`^${name}($|-)`) });
  await page.getByRole('main').focus();
  // The page that is shown is the way in.
  await item('Releases').focus();
  await expect(item('Releases')).toHaveAttribute('tabindex', '0');
  await page.keyboard.press('ArrowLeft');
  await expect(item('Java services')).toBeFocused();
  await page.keyboard.press('ArrowLeft');
  await expect(item('Java services')).toHaveAttribute('aria-expanded', 'false');
  await expect(item('Releases')).toBeHidden();
  await page.keyboard.press('ArrowDown');
  await expect(item('Front ends')).toBeFocused();
  await page.keyboard.press('Home');
  await expect(item('Overview')).toBeFocused();
  await page.keyboard.press('r');
  await expect(item('Run')).toBeFocused();
  await page.keyboard.press('ArrowRight');
  await expect(item('Run')).toHaveAttribute('aria-expanded', 'true');
  await page.keyboard.press('ArrowRight');
  await expect(item('Runbooks')).toBeFocused();
  await page.keyboard.press('End');
  await expect(item('settlement-and-reconciliation')).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('treeitem').filter({ has: page.locator(':focus') })).toHaveCount(0);
});
