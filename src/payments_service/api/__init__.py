"""HTTP in: routers, authentication, schemas, and the one place where a refusal becomes a status code."""
