// What scrolls sideways can be reached by keyboard: the theme wraps tables after the page is there.

const WRAPPED = ".md-typeset__scrollwrap, .md-typeset pre > code, .md-typeset pre";

function reachable() {
  for (const each of document.querySelectorAll(WRAPPED)) {
    if (each.scrollWidth > each.clientWidth) each.setAttribute("tabindex", "0");
  }
}

new MutationObserver(reachable).observe(document.body, { childList: true, subtree: true });
addEventListener("resize", reachable);
reachable();
