// Where a third party sends the browser back to: the code goes to the window that opened this one.
const code = new URLSearchParams(location.search).get("code");
if (window.opener && code) window.opener.postMessage({ code }, location.origin);
window.close();
