// Measures a running Portico as its readers feel it: `PORTICO_URL=http://127.0.0.1:8080 npm run speed`.
import { chromium } from '@playwright/test';
import { signIn } from './support/sign-in.mjs';

const [LOADS, NAVIGATIONS] = [9, 200];

const url = process.env.PORTICO_URL ?? 'http://127.0.0.1:8080';
const storageState = { cookies: await signIn(url), origins: [] };
const browser = await chromium.launch({ executablePath: process.env.PORTICO_CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
try {
  console.log(`First load of /catalog, cold, ${LOADS} times:`);
  const loads = [];
  for (let round = 0; round < LOADS; round += 1) loads.push(await firstLoad());
  console.table(Object.fromEntries(Object.keys(loads[0]).map((name) => [name, spread(loads.map((load) => load[name]))])));
  console.log(`From the click to the next page on the screen, ${NAVIGATIONS} times, ms:`);
  const [all, byWay] = await navigations();
  console.table({ all: spread(all), ...Object.fromEntries(Object.entries(byWay).map(([way, times]) => [way, spread(times)])) });
} finally {
  await browser.close();
}

function spread(values) {
  const sorted = [...values].sort((one, other) => one - other);
  const at = (share) => Math.round(sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]);
  return { count: sorted.length, min: at(0.0001), p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
}

/** One load with nothing in the cache. Bytes are those on the wire, with headers. */
async function firstLoad() {
  const context = await browser.newContext({ storageState, viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send('Network.enable');
  let [bytes, requests] = [0, 0];
  session.on('Network.requestWillBeSent', () => (requests += 1));
  session.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength));
  await page.addInitScript(() => {
    const marks = (window.marks = {});
    const look = () => {
      // Seen in this frame, so painted before the next one.
      const note = (name, there) => {
        if (there && !(name in marks)) {
          marks[name] = 0;
          requestAnimationFrame(() => (marks[name] = performance.now()));
        }
      };
      note('rows', document.querySelector('main tbody tr'));
      note('hydrated', document.documentElement?.hasAttribute('data-hydrated'));
      if (!marks.hydrated) requestAnimationFrame(look);
    };
    look();
  });
  await page.goto(`${url}/catalog`, { waitUntil: 'load' });
  await page.waitForFunction(() => window.marks.rows && window.marks.hydrated);
  await page.waitForLoadState('networkidle');
  const times = await page.evaluate(() => ({
    'first byte, ms': performance.getEntriesByType('navigation')[0].responseStart,
    'first paint, ms': performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? performance.getEntriesByName('first-paint')[0].startTime,
    'rows visible, ms': window.marks.rows,
    'hydrated, ms': window.marks.hydrated,
  }));
  await context.close();
  return { 'bytes as sent': bytes, requests, ...times };
}

/** Clicks through the portal as a reader does, on one page that stays loaded. */
async function navigations() {
  const context = await browser.newContext({ storageState, viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.addInitScript(() => {
    addEventListener('click', (event) => {
      const shown = () => `${location.href} ${document.querySelector('h1')?.textContent} ${document.title} ${document.querySelector('main')?.textContent.length}`;
      const [before, address, start] = [shown(), location.href, event.timeStamp];
      window.taken = 0;
      const look = () => {
        const there = location.href !== address && shown().split(' ').slice(1).join(' ') !== before.split(' ').slice(1).join(' ');
        // After the frame that paints it.
        if (there) setTimeout(() => (window.taken = performance.now() - start));
        else requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    }, true);
  });
  await page.goto(`${url}/catalog`);
  await page.waitForSelector('html[data-hydrated]');
  const nav = (name) => page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name });
  const round = [
    ['catalog to entity', (turn) => page.locator('main tbody th a').nth(turn % 40)],
    ['entity to tab', () => page.getByRole('navigation', { name: 'Views of this entity' }).getByRole('link', { name: /^Relations/ })],
    ['entity to catalog', () => nav('Catalog')],
    ['catalog to next page', () => page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Next' })],
    ['catalog to filter', (turn) => page.locator('main .pk-facet').first().getByRole('link').nth(turn % 3)],
    ['catalog to locations', () => nav('Locations')],
    ['locations to catalog', () => nav('Catalog')],
  ];
  const [all, byWay] = [[], {}];
  for (let done = 0; done < NAVIGATIONS; done += 1) {
    const [way, target] = round[done % round.length];
    const link = target(Math.floor(done / round.length));
    await link.scrollIntoViewIfNeeded();
    await page.evaluate(() => (window.taken = 0));
    await link.click();
    const taken = await page.waitForFunction(() => window.taken).then((handle) => handle.jsonValue());
    all.push(taken);
    (byWay[way] ??= []).push(taken);
  }
  await context.close();
  return [all, byWay];
}
