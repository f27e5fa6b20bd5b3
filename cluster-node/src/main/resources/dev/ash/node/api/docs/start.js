SwaggerUIBundle({ url: "/docs/json", dom_id: "#ui", deepLinking: true, validatorUrl: null });
