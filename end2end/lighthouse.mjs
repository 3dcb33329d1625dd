// Asks Lighthouse about a running Portico: `PORTICO_URL=http://127.0.0.1:8080 npm run lighthouse [path…]`.
import { chromium } from '@playwright/test';
import { cookieHeader } from './support/sign-in.mjs';
import lighthouse, { desktopConfig } from 'lighthouse';

const PATHS = ['/', '/catalog', '/catalog/default/component/payment-initiation', '/design'];
const CATEGORIES = ['performance', 'accessibility', 'best-practices'];
const PORT = 19_222;

const url = process.env.PORTICO_URL ?? 'http://127.0.0.1:8080';
const extraHeaders = { Cookie: await cookieHeader(url) };
const browser = await chromium.launch({
  executablePath: process.env.PORTICO_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', `--remote-debugging-port=${PORT}`],
});
const rows = [];
try {
  for (const path of process.argv.length > 2 ? process.argv.slice(2) : PATHS) {
    for (const [device, config] of [['desktop', desktopConfig], ['phone', undefined]]) {
      const { lhr } = await lighthouse(url + path, { port: PORT, extraHeaders, onlyCategories: CATEGORIES, logLevel: 'error' }, config);
      const scores = Object.fromEntries(CATEGORIES.map((name) => [name, Math.round((lhr.categories[name].score ?? 0) * 100)]));
      const times = { FCP: lhr.audits['first-contentful-paint'].displayValue, LCP: lhr.audits['largest-contentful-paint'].displayValue, TBT: lhr.audits['total-blocking-time'].displayValue, CLS: lhr.audits['cumulative-layout-shift'].displayValue };
      rows.push({ path, device, ...scores, ...times });
      for (const { id, title, score, details } of Object.values(lhr.audits)) {
        const judged = CATEGORIES.slice(1).some((name) => lhr.categories[name].auditRefs.some((each) => each.id === id && each.weight > 0));
        if (judged && score !== null && score < 1) console.log(`${device} ${path}: ${title}`, JSON.stringify(details?.items?.slice(0, 3) ?? []).slice(0, 600));
      }
    }
  }
  console.table(rows);
} finally {
  await browser.close();
}
