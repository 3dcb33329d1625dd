import { SCREENS, expect, showOn, test } from '../support/test.ts';

/** Pages of the gallery that one test looks at: a few at a time, so that workers share them. */
const PARTS = 6;

for (let part = 0; part < PARTS; part += 1) {
  test(`the gallery is accessible and fits, part ${part + 1} of ${PARTS}`, async ({ page, visit, accessible, hydrated, request }) => {
    test.setTimeout(240_000);
    const pages = await gallery(request);
    expect(pages.length).toBeGreaterThan(30);
    for (const path of pages.filter((_, at) => at % PARTS === part)) {
      await test.step(path, async () => {
        await visit(path);
        await expect(page.getByRole('heading', { level: 1 })).toHaveText(/./);
        if (path.startsWith('/design/components/')) await expect(page.locator('[data-example]').first()).toBeAttached();
        if (process.env.PORTICO_SCREENS && hydrated) {
          for (const screen of SCREENS) {
            await showOn(page, screen);
            const name = path.slice(1).replaceAll('/', '-');
            await page.screenshot({ path: `screenshots/${name}-${screen.width}-${screen.colorScheme}.png`, fullPage: true });
          }
        }
        // What differs without scripts is the markup, not the colours.
        await accessible(hydrated ? SCREENS : [{ width: 390, colorScheme: 'light' }]);
      });
    }
  });
}

test('an example can be looked at in the other theme and on a narrow screen, by its address', async ({ page, visit, accessible }) => {
  await visit('/design/components/button');
  const shown = page.getByRole('navigation', { name: 'How the examples are shown' });
  await shown.getByRole('link', { name: 'Dark' }).click();
  await expect(page).toHaveURL(/theme=dark$/);
  await expect(page.locator('[data-example]').first()).toHaveAttribute('data-theme', 'dark');
  await shown.getByRole('link', { name: 'Narrow' }).click();
  await expect(page).toHaveURL(/theme=dark&width=narrow$/);
  await expect(page.locator('[data-example]').first()).toHaveAttribute('data-theme', 'dark');
  expect((await page.locator('[data-example]').first().boundingBox())!.width).toBeLessThanOrEqual(392);
  await accessible([{ width: 1440, colorScheme: 'light' }]);
});

/** The addresses of all pages of the gallery, from its own list. */
async function gallery(request: import('@playwright/test').APIRequestContext): Promise<string[]> {
  const html = await (await request.get('/design')).text();
  const links = [...html.matchAll(/href="(\/design(?:\/(?:tokens|recipes|components\/[a-z0-9-]+))?)"/g)].map((match) => match[1]!);
  return [...new Set(links)].sort();
}
