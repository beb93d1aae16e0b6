"use strict";

// Whoever logs in on the page is authorized by it: the token need not be copied.
function authorize(response) {
  const path = new URL(response.url, location.href).pathname;
  const name = { "/api/v1/auth/login": "staff", "/api/v1/devices/enrol": "device" }[path];
  const value = response.ok && name && response.body && response.body.token;
  if (value) {
    const schema = ui.specSelectors.specJson().getIn(["components", "securitySchemes", name]);
    ui.authActions.authorizeWithPersistOption({ [name]: { name, schema, value } });
  }
  return response;
}

const ui = SwaggerUIBundle({
  url: "/api/v1/openapi.json",
  dom_id: "#api",
  deepLinking: true,
  persistAuthorization: true,
  docExpansion: "none",
  filter: true,
  displayRequestDuration: true,
  validatorUrl: null,
  responseInterceptor: authorize,
});
