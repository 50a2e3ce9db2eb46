// The inspector in Firefox, over WebDriver BiDi: each screen is drawn, fits, is accessible, and nothing in it runs.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import puppeteer from "puppeteer-core";

const { screens, hostile, title } = JSON.parse(process.env.LOOKS);
const AXE = readFileSync(new URL("node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const problems = [];
let browser, page;

before(async () => {
  browser = await puppeteer.launch({ browser: "firefox", executablePath: process.env.FIREFOX, headless: true });
  page = await browser.newPage();
  // That the policy keeps something out is no error of the page.
  page.on("pageerror", (error) => { if (!error.message.startsWith("Content-Security-Policy")) problems.push(error.message); });
  await page.goto(screens[0].url);
  await page.evaluate(AXE);
});
after(() => browser.close());

async function look({ url, there, text = "" }) {
  await page.evaluate((hash) => { location.hash = hash; }, new URL(url).hash);
  // Firefox lets no driver make functions of texts in a page with such a policy: it is asked again and again.
  const shows = (place, words) => Boolean(document.querySelector(place)?.textContent.startsWith(words));
  for (let turn = 0; !(await page.evaluate(shows, there, text)); turn++) {
    assert.ok(turn < 600, `${url} does not show ${there}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

for (const screen of screens) {
  test(screen.url, async () => {
    await look(screen);
    for (const width of [1280, 390]) {
      await page.setViewport({ width, height: 800 });
      const found = (await page.evaluate("axe.run(document, { iframes: false })")).violations;
      assert.deepEqual(found.map((each) => [each.id, each.nodes[0].html.slice(0, 200)]), []);
      assert.ok(await page.evaluate("document.documentElement.scrollWidth") <= width);
    }
    assert.deepEqual(problems, []);
  });
}

for (const each of hostile) {
  test(each.url, async () => {
    await look(each);
    if (each.url.includes("/mail?")) await page.waitForSelector("iframe");
    assert.ok((await page.title()).endsWith(title));
    assert.deepEqual(problems, []);
  });
}
