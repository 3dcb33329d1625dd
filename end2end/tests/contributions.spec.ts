import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { comes, until, whom } from '../support/golden-paths.ts';
import { startPortico } from '../support/server.ts';
import { expect, expectAccessible, type Page, SCREENS, test, tookOver, watch } from '../support/test.ts';

/** Who does what. */
const WHO = {
  author: 'user:default/amelie.dubois',
  colleague: 'user:default/jonas.weber',
  other: 'user:default/priya.raman',
  designer: 'user:default/mikko.virtanen',
  architect: 'user:default/karl-friedrich.wolkenstein',
  second: 'user:default/thabo.mokoena',
  engineer: 'user:default/matthias.oberhauser',
} as const;

const TITLE = 'A calendar of payouts';
const COMMIT = '0123456789abcdef0123456789abcdef01234567';

/** The pages of one of the example's contributions, as they are sent. */
function pages(name: 'clean' | 'faulty'): { name: string; mimeType: string; buffer: Buffer } {
  const folder = join(import.meta.dirname, '..', '..', 'examples', 'contributions', name);
  const files = readdirSync(folder).map((file) => [file, new Uint8Array(readFileSync(join(folder, file)))] as const);
  return { name: `${name}.zip`, mimeType: 'application/zip', buffer: Buffer.from(zipSync(Object.fromEntries(files))) };
}

/** The entry in the catalog. */
const entry = (annotations: string) => `apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: payout-calendar
${annotations}spec:
  type: library
  lifecycle: production
  owner: group:default/instant-payments
`;

/** Accepts what is with the gate. */
async function accept(page: Page): Promise<void> {
  for (const answer of await page.locator('input[type="radio"][value="met"]').all()) await answer.check();
  await page.getByRole('button', { name: 'Accept', exact: true }).click();
  await expect(page.getByText('You have accepted it.').first()).toBeVisible();
}

test('a contribution gets from a pitch to live through every gate, by seven people', async ({ browser, hydrated, problems }) => {
  test.setTimeout(600_000);
  // The service itself, which says that it is alive, and at first not that it is ready.
  let ready = false;
  const service = createServer((request, response) => response.writeHead(request.url === '/readyz' && !ready ? 503 : 200).end());
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(service.address() as AddressInfo).port}`;
  const annotations = `  annotations:
    portico.dev/liveness: http://${host}/livez
    portico.dev/readiness: http://${host}/readyz
    portico.dev/on-call: https://rota.meridian.example/payouts
    portico.dev/slo: https://slo.meridian.example/payouts
    portico.dev/runbook: https://wiki.meridian.example/runbooks/payouts
`;
  let file = '';
  const portal = await startPortico(
    (dir, read) => {
      const folder = join(dir, 'payout-calendar');
      mkdirSync(folder);
      file = join(folder, 'catalog-info.yaml');
      writeFileSync(file, entry(annotations));
      read(folder);
    },
    undefined,
    true,
    `[[integrations]]\nkind = "plain"\nhost = "${host}"\nallow_private = true\n`,
  );
  const { url } = portal;
  const context = await browser.newContext({ baseURL: url, javaScriptEnabled: hydrated, reducedMotion: 'reduce' });
  const page = await context.newPage();
  watch(page, url, problems, hydrated);
  const comesAs = (who: string, path: string) => comes(page, context, url, who, path, hydrated);
  const look = () => expectAccessible(page, hydrated, SCREENS);
  const settled = async () => {
    if (hydrated) await tookOver(page);
  };
  try {
    // One pitches it.
    await comesAs(WHO.author, '/contribute');
    await expect(page.getByRole('heading', { level: 2, name: 'UX validation' })).toBeVisible();
    await look();
    await page.getByRole('link', { name: 'Pitch an idea' }).first().click();
    await settled();
    await page.getByRole('textbox', { name: /^Title/ }).fill(TITLE);
    await page.getByRole('textbox', { name: /^The problem/ }).fill('Every team keeps its own **payout calendar**, and payouts fail on holidays that one of them has missed.');
    await page.getByRole('textbox', { name: /^Who has it/ }).fill('Teams that pay out');
    await page.getByRole('combobox', { name: /^What it will be/ }).selectOption('native-plugin');
    await whom(page, 'owner', 'instant', /Instant Payments/, 'group:default/instant-payments', hydrated);
    await page.getByRole('button', { name: 'Pitch it' }).click();
    await expect(page).toHaveURL(/\/contribute\/contributions\/[0-9a-f-]{36}$/);
    const contribution = new URL(page.url()).pathname;
    await expect(page.getByRole('heading', { level: 1, name: TITLE })).toBeVisible();
    await look();

    // Another is about to pitch the same, finds it, and joins. The words that the search knows are read again once a minute.
    await comesAs(WHO.other, '/contribute/pitch');
    await page.getByRole('textbox', { name: /^Title/ }).fill('Calendars of payouts');
    await page.getByRole('textbox', { name: /^The problem/ }).fill('Payouts fail on holidays, since no calendar has them all.');
    const join = page.getByRole('button', { name: new RegExp(`^Join this instead ?: ${TITLE}`) });
    await expect(async () => {
      await page.getByRole('button', { name: 'Keep it and look for what is like it' }).click();
      await expect(join).toBeVisible({ timeout: 2_000 });
    }).toPass({ timeout: 90_000 });
    await look();
    await join.click();
    await expect(page.getByText('You support it and hear of it.').first()).toBeVisible();
    await expect(page.getByRole('button', { name: 'No longer support it' })).toBeVisible();

    // It is submitted, sent back, mended and accepted.
    await comesAs(WHO.author, contribution);
    const submits = async (name: 'clean' | 'faulty') => {
      await page.getByRole('link', { name: 'Submit it to UX validation' }).click();
      await settled();
      await look();
      await page.locator('input[type="file"]').setInputFiles(pages(name));
      await page.getByRole('button', { name: 'Upload', exact: true }).click();
      await expect(page.getByText(`${name}.zip is there and is what you submit.`)).toBeVisible();
      await settled();
    };
    await submits('faulty');
    await page.getByRole('button', { name: 'Submit it' }).click();
    await expect(page.getByText('It is submitted.').first()).toBeVisible();
    await comesAs(WHO.author, `${contribution}/gate`);
    await expect(page.getByText('You have had a hand in it')).toBeVisible();
    await comesAs(WHO.designer, '/contribute/queue');
    await look();
    await page.getByRole('link', { name: TITLE }).click();
    await settled();
    await look();
    await page.getByRole('button', { name: 'Review it' }).click();
    await expect(page.getByText('You review it.').first()).toBeVisible();
    // What the machine found blocks, whatever a person says.
    await until(page, hydrated, async (page) => {
      await page.goto(`${url}${contribution}/gate`);
      await expect(page.getByText('20 findings block')).toBeVisible({ timeout: 2_000 });
    }, 180_000);
    await settled();
    await expect(page.getByText('It cannot be accepted yet')).toBeVisible();
    await expect(page.getByRole('button', { name: 'Accept', exact: true })).toBeHidden();
    await page.getByRole('textbox', { name: /^What has to change/ }).fill('Take the colours from the tokens');
    await page.getByRole('button', { name: 'Send back' }).click();
    await expect(page.getByText('It is sent back.').first()).toBeVisible();
    await comesAs(WHO.author, contribution);
    await expect(page.getByText('Take the colours from the tokens').first()).toBeVisible();
    await submits('clean');
    await page.getByRole('textbox', { name: /^What you have to say about it/ }).fill('All of them are tokens now');
    await page.getByRole('button', { name: 'Submit it' }).click();
    await comesAs(WHO.designer, `${contribution}/gate`);
    await until(page, hydrated, async (page) => {
      await page.goto(`${url}${contribution}/gate`);
      await expect(page.getByText('Nothing was found.')).toBeVisible({ timeout: 2_000 });
    }, 180_000);
    await settled();
    await expect(page.getByText('What is otherwise than in the submission before:')).toBeVisible();
    await accept(page);

    // Two architects.
    await comesAs(WHO.author, `${contribution}/submit`);
    await page.getByRole('textbox', { name: /^Id/ }).fill('payout-calendar');
    await page.getByRole('textbox', { name: /^Rights that it asks for/ }).fill('catalog.entity.read');
    await page.getByRole('textbox', { name: /^Data that it touches/ }).fill('Holidays | public | reads');
    await page.locator('#evidence-upstreams').fill('https://wiki.meridian.example/decisions/payout-calendar');
    await look();
    await page.getByRole('button', { name: 'Submit it' }).click();
    await expect(page.getByText('It is submitted.').first()).toBeVisible();
    for (const who of [WHO.architect, WHO.second]) {
      await comesAs(who, `${contribution}/gate`);
      await accept(page);
    }

    // The code, at one commit.
    await comesAs(WHO.author, `${contribution}/submit`);
    await page.getByRole('textbox', { name: /^Its page at the git host/ }).fill('https://git.meridian.example/payout-calendar/changes/1');
    await page.getByRole('textbox', { name: /^The commit that is to be merged/ }).fill(COMMIT);
    await page.locator('#evidence-tests').fill('https://git.meridian.example/payout-calendar/runs/7');
    await page.getByRole('button', { name: 'Submit it' }).click();
    await comesAs(WHO.engineer, `${contribution}/gate`);
    await expect(page.getByText(`What you accept is the commit ${COMMIT}.`)).toBeVisible();
    await accept(page);

    // Readiness: the entry does not say how its data is classified, and the service is not ready; then both are so.
    await comesAs(WHO.colleague, `${contribution}/submit`);
    await page.getByRole('textbox', { name: /^Entity/ }).fill('component:default/payout-calendar');
    await page.getByRole('button', { name: 'Submit it' }).click();
    await until(page, hydrated, async (page) => {
      await page.goto(`${url}${contribution}`);
      for (const standard of ['Its data is classified', 'It says when it can work']) {
        await expect(page.getByRole('listitem').filter({ hasText: standard })).toContainText('Not met', { timeout: 2_000 });
      }
    }, 60_000);
    await settled();
    await look();
    ready = true;
    writeFileSync(file, entry(`${annotations}    portico.dev/data-classification: public\n`));
    await comesAs(WHO.colleague, '/locations/1');
    await page.getByRole('button', { name: 'Refresh now' }).click();
    await until(page, hydrated, async (page) => {
      await page.goto(`${url}${contribution}`);
      await expect(page.getByRole('button', { name: 'Go live' })).toBeVisible({ timeout: 2_000 });
    }, 180_000);
    await settled();
    await page.getByRole('button', { name: 'Go live' }).click();
    await expect(page.getByText('It is live.').first()).toBeVisible();
    await look();

    // Whoever joined hears of it, and the history tells the whole of it.
    await comesAs(WHO.other, '/inbox?tab=news');
    await expect(page.getByText(`Live: ${TITLE}`).first()).toBeVisible();
    await comesAs(WHO.other, `${contribution}/history`);
    for (const said of ['sent it back to UX validation', `accepted the commit ${COMMIT.slice(0, 12)}`, 'passed Readiness; next is Live', 'brought it live']) {
      await expect(page.getByText(said).first()).toBeVisible();
    }
    expect(problems.unexpected()).toEqual([]);
  } finally {
    await context.close();
    await portal.stop();
    service.close();
  }
});

test('the list keeps its filters in the address, and what nobody may do is not offered', async ({ page, hydrated }) => {
  await page.goto('/contribute/contributions');
  if (hydrated) await tookOver(page);
  await page.getByRole('combobox', { name: 'Stage' }).selectOption('code');
  await page.getByRole('button', { name: 'Filter' }).click();
  await expect(page).toHaveURL(/stage=code/);
  await expect(page.getByRole('row')).toHaveCount(2);
  await page.getByRole('link', { name: 'A template for Terraform modules' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'A template for Terraform modules' })).toBeVisible();
  await expect(page.getByRole('link', { name: /^Submit it/ })).toHaveCount(0);
});
