import { comes } from '../support/golden-paths.ts';
import { LIMITS } from '../support/pages.ts';
import { startPortico } from '../support/server.ts';
import { cookieHeader } from '../support/sign-in.mjs';
import { expect, expectAccessible, type Page, SCREENS, test, watch } from '../support/test.ts';

const DESIGNER = 'user:default/mikko.virtanen';
const FAULTY = '/contribute/contributions/15ad0838-2241-561d-a7e4-b9b27b0b2328';
const HOSTILE = '/contribute/contributions/7bcb92d2-0f48-5b08-b591-b264c9d0ec66';

/** The frame that shows a submission. */
const frame = (page: Page, submission = 1) => page.frameLocator(`iframe[title="Submission ${submission}"]`);

/** Waits until the portal has looked at the pages of all three. */
async function looked(url: string): Promise<void> {
  const headers = { cookie: await cookieHeader(url) };
  for (const path of [LIMITS, FAULTY, HOSTILE]) {
    const submission = path === LIMITS ? 2 : 1;
    const report = `${url}/api/contributions/v1/contributions/${path.split('/').at(-1)}/submissions/${submission}/report`;
    await expect(async () => expect((await fetch(report, { headers })).status).toBe(200)).toPass({ timeout: 180_000 });
  }
}

test('a reviewer sees pages on another host, in every view, and where each finding is', async ({ browser, hydrated, problems }) => {
  test.setTimeout(600_000);
  const portal = await startPortico(() => undefined, undefined, true);
  const { url } = portal;
  // With motion, so that a page without it is the workbench's doing.
  const context = await browser.newContext({ baseURL: url, javaScriptEnabled: hydrated, reducedMotion: hydrated ? 'no-preference' : 'reduce' });
  const page = await context.newPage();
  watch(page, url, problems, hydrated);
  try {
    await looked(url);
    await comes(page, context, url, DESIGNER, `${FAULTY}/gate`, hydrated);
    await page.getByRole('link', { name: 'See the pages in the workbench' }).click();
    await expect(page.getByRole('heading', { name: 'Workbench' })).toBeVisible();
    await expect(frame(page).getByRole('heading', { name: 'Payment limits' })).toBeVisible();
    await expect(page.locator('a[data-pk-finding]')).toHaveCount(20);
    await expectAccessible(page, hydrated, SCREENS);

    // A finding leads to its element, and its address can be shared.
    await page.locator('li', { hasText: 'padding: 13px' }).getByRole('link').click();
    await expect(page).toHaveURL(/finding=\d+/);
    const note = frame(page).locator('#note');
    if (hydrated) {
      await expect(note).toHaveCSS('outline-style', 'solid');
      await page.reload();
      await expect(note).toHaveCSS('outline-style', 'solid');
      await page.getByRole('button', { name: 'Check this view' }).click();
      await expect(page.locator('[data-pk-preview-hints] li').first()).toBeVisible();
      await expect(page.locator('[data-pk-preview-hints]')).toContainText('padding: 13px');
    }

    // Each view is a link.
    for (const view of ['390 px', 'Dark', 'Zoom 200 %', 'Keyboard only', 'Reduced motion']) {
      await page.getByRole('link', { name: view, exact: true }).click();
      await expect(page.getByRole('link', { name: view, exact: true })).toHaveAttribute('aria-current', 'true');
    }
    await expect(page).toHaveURL(/width=390.*theme=dark.*zoom=200.*motion=reduced.*keys=only/);
    const body = frame(page).locator('body');
    await expect(body).toHaveCSS('color', 'rgb(234, 233, 228)');
    expect(await body.evaluate(() => innerWidth), 'half as much fits').toBe(195);
    expect(await body.evaluate(() => matchMedia('(prefers-reduced-motion: reduce)').matches)).toBe(true);
    await page.getByRole('link', { name: 'What the portal saw' }).click();
    await expect(page.getByRole('img', { name: 'What the portal saw at 390 px, dark' })).toBeVisible();
    await expectAccessible(page, hydrated, SCREENS);

    // Made anew, beside what was sent back.
    await comes(page, context, url, DESIGNER, `${LIMITS}/workbench`, hydrated);
    await expect(page.getByText('Nothing was found.')).toBeVisible();
    await page.getByRole('link', { name: 'Beside submission 1' }).click();
    await expect(frame(page, 1).locator('#ask')).toHaveJSProperty('tagName', 'DIV');
    await expect(frame(page, 2).getByRole('button', { name: 'Ask for more' })).toBeVisible();
    await expectAccessible(page, hydrated, SCREENS);
    expect(problems.found).toEqual([]);

    // A hostile one reaches nothing, and keeps nobody from their work.
    const left: string[] = [];
    const at = page.url;
    page.on('requestfinished', (request) => {
      if (!request.url().startsWith(url) && !new URL(request.url()).host.endsWith(`.localhost:${new URL(url).port}`)) left.push(request.url());
    });
    context.on('page', (popup) => left.push(`a window: ${popup.url()}`));
    await comes(page, context, url, DESIGNER, `${HOSTILE}/workbench`, hydrated);
    await expect(page.locator('a[data-pk-finding]').first()).toBeVisible();
    await page.waitForTimeout(3_000);
    await page.getByRole('link', { name: 'Dark', exact: true }).click();
    await expect(page.getByRole('link', { name: 'Dark', exact: true })).toHaveAttribute('aria-current', 'true');
    await expect(page.getByRole('heading', { name: 'Workbench' })).toBeVisible();
    if (hydrated) {
      await page.getByRole('button', { name: 'Stop the page' }).click();
      await expect(page.getByText('The page is stopped.')).toBeVisible();
    }
    expect(new URL(at.call(page)).pathname, 'it leads the portal nowhere').toBe(`${HOSTILE}/workbench`);
    expect(left, 'nothing was reached').toEqual([]);
    // What it tried is in the console, and is the frame's own.
    const ours = problems.found.filter((problem) => !/attacker\.invalid|\.localhost:\d+|sandboxed|127\.0\.0\.1:3000/.test(problem));
    problems.found.length = 0;
    expect(ours).toEqual([]);
  } finally {
    await context.close();
    await portal.stop();
  }
});
