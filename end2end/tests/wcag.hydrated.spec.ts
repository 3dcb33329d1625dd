import { API, DOCUMENTED, FAULTY } from '../support/pages.ts';
import { expect, test, tookOver } from '../support/test.ts';
import { cutOff, moving, obscured, spaceText, tooSmall } from '../support/wcag.ts';

const SERVICE = '/catalog/default/component/payment-initiation';
const MAIN = [
  '/',
  '/catalog',
  '/catalog?kind=component&lifecycle=production',
  SERVICE,
  `${SERVICE}?tab=relations`,
  `${SERVICE}?tab=descriptor`,
  `${DOCUMENTED}/docs`,
  `${API}?tab=definition`,
  '/search?q=payment',
  '/locations',
  FAULTY,
  '/locations/register',
  '/golden-paths',
  '/golden-paths/paths/default/payment-service-to-production',
  '/golden-paths/queue',
  '/design',
];
const GALLERY = ['button', 'combobox', 'date', 'file', 'menu', 'table', 'tabs', 'tree', 'line', 'route', 'chart', 'skeleton'];
const PHONE = { width: 390, height: 844 };

for (const path of ['/catalog', SERVICE, `${API}?tab=definition`, '/locations/register', '/design/components/table']) {
  for (const size of [{ width: 1440, height: 900 }, PHONE]) {
    test(`nothing covers what has the focus: ${path} at ${size.width}`, async ({ page, visit }) => {
      test.setTimeout(120_000);
      await page.setViewportSize(size);
      await visit(path);
      expect(await obscured(page)).toEqual([]);
    });
  }
}

for (const path of [...MAIN, ...GALLERY.map((name) => `/design/components/${name}`)]) {
  test(`targets are large enough: ${path}`, async ({ page, visit }) => {
    await visit(path);
    for (const size of [{ width: 1440, height: 900 }, PHONE]) {
      await page.setViewportSize(size);
      expect(await tooSmall(page), `at ${size.width}`).toEqual([]);
    }
  });
}

test.describe('at 200 %', () => {
  test.use({ viewport: { width: 720, height: 450 }, deviceScaleFactor: 2 });

  for (const path of MAIN) {
    test(`nothing is lost, nor with wide spacing: ${path}`, async ({ page, visit }) => {
      await visit(path);
      expect(await cutOff(page)).toEqual([]);
      const entries = page.getByRole('navigation', { name: 'Main' }).getByRole('link');
      for (const entry of await entries.all()) await expect(entry).toBeVisible();
      await spaceText(page);
      expect(await cutOff(page), 'with wide spacing').toEqual([]);
      // 400 % of 1280 px: one column, and no scrolling in two directions.
      await page.setViewportSize({ width: 320, height: 256 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
    });
  }
});

test('nothing moves where less motion is asked for', async ({ page }) => {
  test.slow();
  for (const path of ['/', '/catalog', `${SERVICE}?tab=relations`, ...GALLERY.map((name) => `/design/components/${name}`)]) {
    await page.goto(path);
    expect(await moving(page), path).toEqual([]);
    await tookOver(page);
    expect(await moving(page), path).toEqual([]);
  }
  await page.keyboard.press('Control+k');
  expect(await moving(page), 'the command menu').toEqual([]);
  await page.keyboard.press('Escape');
  await page.goto('/design/components/drawer');
  await page.getByRole('button', { name: 'Show finding' }).click();
  expect(await moving(page), 'a drawer').toEqual([]);
  await page.keyboard.press('Escape');
  await page.evaluate(() => document.dispatchEvent(new CustomEvent('portico:toast', { detail: { text: 'Saved.' } })));
  expect(await moving(page), 'a toast').toEqual([]);
});
