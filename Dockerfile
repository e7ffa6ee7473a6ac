# The service's image: dependencies by hash, our wheel without any, then nothing but the result, as a plain user.

FROM python:3.13-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
RUN python -m venv /opt/payments /opt/build
WORKDIR /source
# first what changes seldom
COPY requirements.lock ./
RUN /opt/payments/bin/pip install --require-hashes -r requirements.lock
COPY requirements-build.lock ./
RUN /opt/build/bin/pip install --require-hashes -r requirements-build.lock
COPY pyproject.toml README.md ./
COPY migrations migrations
COPY src src
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheel . \
    && /opt/payments/bin/pip install --no-deps /wheel/*.whl \
    && /opt/payments/bin/python -m compileall -q /opt/payments/lib \
    && /opt/payments/bin/pip uninstall --yes pip

FROM python:3.13-slim
ENV PATH=/opt/payments/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
COPY --from=build /opt/payments /opt/payments
# a number, so that a cluster can see it is not root's
USER 10001:10001
WORKDIR /tmp
EXPOSE 8000
STOPSIGNAL SIGTERM
# a cheap question, asked of the port the service was told to listen on
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f\"http://127.0.0.1:{os.environ.get('PORT', '8000')}/health/live\", timeout=2)"]
ENTRYPOINT ["payments-service"]
CMD ["serve"]
