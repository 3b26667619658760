"use strict";

// Behind a proxy the service may lie under a path, which this script's own address shows.
const service = new URL("..", document.currentScript.src);

fetch(new URL("openapi.json", service))
  .then((response) => response.json())
  .then((spec) => {
    spec.servers ??= [{ url: service.pathname.replace(/\/$/, "") || "/" }];
    SwaggerUIBundle({ spec, dom_id: "#interface", deepLinking: true, docExpansion: "list" });
  })
  .catch(() => {
    document.querySelector("#interface").textContent = "The interface could not be loaded. Reload the page to try again.";
  });
