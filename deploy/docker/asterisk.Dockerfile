# Asterisk from Debian, for trials of compose.yaml; neither Debian 12 nor 13 has it.
ARG BASE=debian:sid-slim
FROM ${BASE} AS asterisk
RUN apt-get update && apt-get install -y --no-install-recommends asterisk asterisk-modules && apt-get clean && rm -rf /var/lib/apt/lists/*
ENTRYPOINT ["/usr/sbin/asterisk", "-f", "-U", "asterisk", "-G", "asterisk"]
