# The desk. Two stages: the first installs into a virtual environment, the second has that environment and no pip.
#   docker build -t polydesk .
#   docker build -t polydesk --build-arg EXTRAS=argos .

FROM python:3.12.13-slim-bookworm AS build
# Comma-separated names of optional dependencies in pyproject.toml, such as argos or sentence-transformers.
ARG EXTRAS=""
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
RUN python -m venv --without-pip /opt/polydesk
# What the project needs comes before its code, so that a change of the code does not install everything again.
COPY pyproject.toml constraints.txt ./
COPY deploy/requirements.py deploy/
RUN python deploy/requirements.py "${EXTRAS}" > requirements.txt \
    && pip --python /opt/polydesk/bin/python install -c constraints.txt -r requirements.txt
COPY README.md LICENSE ./
COPY bot bot
COPY retrieval retrieval
COPY locales locales
RUN pip --python /opt/polydesk/bin/python install --no-deps .

FROM python:3.12.13-slim-bookworm
# /data is made here so that a named volume mounted over it belongs to the desk's user.
RUN python -m pip uninstall --yes --root-user-action ignore pip \
    && useradd --uid 10001 --user-group --no-create-home --home-dir /data --shell /usr/sbin/nologin polydesk \
    && install --directory --owner polydesk --group polydesk --mode 0700 /data
COPY --from=build /opt/polydesk /opt/polydesk
COPY deploy/config.yaml /etc/polydesk/config.yaml
COPY knowledge /knowledge
ENV PATH=/opt/polydesk/bin:$PATH \
    ORT_DISABLE_TELEMETRY=1 \
    POLYDESK_DATA_DIR=/data \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001:10001
# The commands read config.yaml of the folder they are called in.
WORKDIR /etc/polydesk
VOLUME /data
EXPOSE 8080
# Reading the very first files may take minutes; until then the desk says that it is not ready.
HEALTHCHECK --interval=30s --timeout=5s --start-period=5m --start-interval=2s --retries=3 \
    CMD ["python", "-c", "import http.client as h; c = h.HTTPConnection('127.0.0.1', 8080, timeout=4); c.request('GET', '/ready'); raise SystemExit(c.getresponse().status != 200)"]
CMD ["polydesk", "serve"]
