/* Asks how the order stands, ever less often, and stops after about five minutes.
   Without it the page works too: it has a link that asks again. */
(() => {
  "use strict";
  const { statusUrl, returnUrl } = document.currentScript.dataset;
  const longest = 15000;
  const tries = 25;
  let wait = 1000;
  let left = tries;

  const again = () => {
    left -= 1;
    if (left > 0) {
      wait = Math.min(wait * 1.5, longest);
      setTimeout(ask, wait);
    }
  };

  const ask = async () => {
    try {
      const response = await fetch(statusUrl, {
        headers: { Accept: "application/json" },
        credentials: "same-origin",
      });
      if (response.ok && (await response.json()).final) {
        window.location.replace(returnUrl);
        return;
      }
    } catch (error) {
      /* Offline for a moment: the next try may succeed. */
    }
    again();
  };

  setTimeout(ask, wait);
})();
