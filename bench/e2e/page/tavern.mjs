/** SillyTavern's page in a browser: what its user does there, and what is on the screen. */

/** Everything is waited for as a state; this bounds each wait. */
const STATE_MS = 30_000;
/** From Send until the buttons are back: what takes longer is a hang. */
const REPLY_MS = 20_000;

/** Where each source keeps its model; the page offers a fixed list, to which the demo's names are added. */
const MODEL_SELECTS = { openai: '#model_openai_select', claude: '#model_claude_select' };

/** Their status check asks nobody. */
const UNASKED = new Set(['claude']);

/** Kept from the first moment, as a toast goes by itself. */
const collectToasts = () => {
  globalThis.seenToasts = [];
  const collect = (node) => {
    if (node.classList?.contains('toast')) globalThis.seenToasts.push(node.querySelector('.toast-message').textContent);
  };
  const observe = (records) => {
    for (const { addedNodes } of records) for (const node of addedNodes) collect(node);
  };
  new MutationObserver(observe).observe(document, { childList: true, subtree: true });
};

const VISITS = 3;

/**
 * @param {import('playwright-core').Page} page
 * @param {string} url of SillyTavern
 */
export const tavernOn = async (page, url) => {
  page.setDefaultTimeout(STATE_MS);
  await page.addInitScript(collectToasts);
  const popup = page.locator('dialog.popup[open]');
  const last = page.locator('#chat .mes.last_mes');

  const open = async () => {
    await page.waitForFunction(() => globalThis.SillyTavern?.getContext !== undefined);
    await page.locator('#send_textarea').waitFor({ state: 'visible' });
    await page.locator('#rightNavHolder > .drawer-toggle').click();
    await page.locator('#rm_print_characters_block .character_select').first().click();
    // The character's chat has taken the welcome's place.
    await page.waitForFunction(() => {
      const { characterId, characters, chat } = globalThis.SillyTavern.getContext();
      const isTheirs = chat.length > 0 && chat[0].name === characters[characterId]?.name;
      return isTheirs && document.querySelectorAll('#chat .mes').length === chat.length;
    });
    // Each case has a model of its own, for which the page has the tokens of every example counted anew.
    await page.evaluate(() => globalThis.jQuery('#example_messages_behavior').val('strip').trigger('change'));
  };
  /** A click that comes while the page is still being put together is lost now and then: then it is loaded once more. */
  const enter = async () => {
    for (let visits = 1; visits < VISITS; visits += 1) {
      const isOpen = await open().then(
        () => true,
        () => false,
      );
      if (isOpen) return;
      await page.goto(url);
    }
    await open();
  };
  const isDone = () => page.waitForFunction(() => !document.body.dataset.generating, null, { timeout: REPLY_MS });
  /** What begins a generation, until its end. Rejects where it does not begin, or does not end in time. */
  const generation = async (begin) => {
    const before = await page.evaluate(() => {
      const { eventSource, eventTypes } = globalThis.SillyTavern.getContext();
      if (globalThis.generations === undefined) {
        globalThis.generations = 0;
        eventSource.on(eventTypes.GENERATION_ENDED, () => {
          globalThis.generations += 1;
        });
      }
      return globalThis.generations;
    });
    await begin();
    await page.waitForFunction((past) => globalThis.generations > past, before, { timeout: REPLY_MS });
    await isDone();
  };
  const option = async (name) => {
    await page.locator('#options_button').click();
    await page.locator(name).click();
  };
  const stop = page.locator('#mes_stop');

  return {
    page,
    /** The first visit: a new user is asked for a name. @param {string} name */
    onboard: async (name) => {
      await page.goto(url);
      await popup.locator('.popup-input').fill(name);
      await popup.locator('.popup-button-ok').click();
      await enter();
    },
    reload: async () => {
      await page.goto(url);
      await enter();
    },
    /** @param {'custom' | 'openai' | 'claude'} source @param {string} proxy its URL, as a user would enter it @param {string} key */
    connect: async (source, proxy, key) => {
      const toggle = page.locator('#sys-settings-button > .drawer-toggle');
      await toggle.click();
      await page.locator('#main_api').selectOption('openai');
      await page.locator('#chat_completion_source').selectOption(source);
      if (source === 'custom') {
        await page.locator('#custom_api_url_text').fill(proxy);
        await page.locator('#api_key_custom').fill(key);
      } else {
        const field = page.locator('#openai_reverse_proxy');
        if (!(await field.isVisible())) await page.getByText('Reverse Proxy', { exact: true }).first().click();
        await field.fill(proxy);
        await page.locator('#openai_proxy_access_key').fill(key);
      }
      const status = page.locator('#openai_api .online_status_text');
      const answered = UNASKED.has(source)
        ? status.filter({ hasText: 'Key saved' }).waitFor()
        : page.waitForResponse((response) => response.url().endsWith('/chat-completions/status'));
      await page.locator('#api_button_openai').click();
      // It asks about each new address of a reverse proxy; where it does not, nobody waits for the answer.
      const yes = popup.locator('.popup-button-ok').click();
      await Promise.race([answered, yes.catch(() => answered)]);
      await answered;
      await page.locator('#openai_api .api_loading').waitFor({ state: 'hidden' });
      const told = await status.innerText();
      await toggle.click();
      return told;
    },
    /** The names that the page offers of what the upstream has. */
    models: (source) =>
      page
        .locator(source === 'custom' ? '#model_custom_select option' : '#openai_external_category option')
        .evaluateAll((options) => options.map(({ value }) => value).filter((value) => value !== '')),
    setModel: (source, model) =>
      page.evaluate(
        ([select, id]) => {
          const field = globalThis.jQuery(select ?? '#custom_model_id');
          if (select !== null) field.append(new Option(id, id));
          field.val(id).trigger(select === null ? 'input' : 'change');
        },
        [MODEL_SELECTS[source] ?? null, model],
      ),
    /** A switch of the settings. @param {string} id @param {boolean} on */
    set: (id, on) =>
      page.evaluate(
        ([name, wanted]) => {
          const box = document.getElementById(name);
          if (box.checked !== wanted) box.click();
        },
        [id, on],
      ),
    /** Those on the screen, and what is known of them. */
    clearToasts: () =>
      page.evaluate(() => {
        globalThis.toastr.remove();
        globalThis.seenToasts.length = 0;
      }),
    /** The character's greeting is left. */
    clear: async () => {
      await page.evaluate(async () => {
        const { chat, executeSlashCommandsWithOptions } = globalThis.SillyTavern.getContext();
        if (chat.length > 1) await executeSlashCommandsWithOptions(`/cut 1-${chat.length - 1}`);
      });
    },
    /** Types and sends, and waits until the page is ready for more. @param {string} text */
    send: (text) =>
      generation(async () => {
        await page.locator('#send_textarea').fill(text);
        await page.locator('#send_but').click();
      }),
    /** A swipe that failed is swiped back, which takes a moment more. */
    swipe: async () => {
      await generation(() => last.locator('.swipe_right').click());
      await page.waitForFunction(() => globalThis.SillyTavern.getContext().swipe.state() === 'none');
    },
    regenerate: () => generation(() => option('#option_regenerate')),
    goOn: () => generation(() => option('#option_continue')),
    /** Sends, and stops once `when` resolves. Gives when Stop was clicked, in milliseconds since 1970. */
    sendAndStop: async (text, when) => {
      await generation(async () => {
        await page.locator('#send_textarea').fill(text);
        await page.locator('#send_but').click();
        await when();
        await stop.evaluate((button) => {
          const note = () => {
            globalThis.stoppedAt = Date.now();
          };
          button.addEventListener('click', note, { capture: true, once: true });
        });
        await stop.click();
      });
      return page.evaluate(() => globalThis.stoppedAt);
    },
    lastText: () => last.locator('.mes_text').innerText(),
    /** What is on the screen behind the greeting, and which of the secrets are. @param {readonly string[]} secrets */
    shown: async (secrets) => {
      const open = await popup.count();
      const popups = open === 0 ? [] : await popup.locator('.popup-content').allInnerTexts();
      const told = await page.evaluate(
        (hidden) => ({
          messages: [...document.querySelectorAll('#chat .mes')].slice(1).map((message) => ({
            isUser: message.getAttribute('is_user') === 'true',
            text: message.querySelector('.mes_text').innerText,
            swipes: (message.querySelector('.swipes-counter')?.innerText ?? '').replaceAll('\u200b', ''),
          })),
          toasts: [...globalThis.seenToasts],
          typed: document.querySelector('#send_textarea').value,
          leaks: hidden.filter((secret) => document.documentElement.innerHTML.includes(secret)),
        }),
        secrets,
      );
      return { ...told, popups };
    },
    closePopups: async () => {
      for (const _ of await popup.all()) await popup.last().locator('.popup-button-ok').click();
    },
  };
};
