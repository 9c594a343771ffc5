# hack/image (make image) builds this once for each platform, with the directory of that platform's binary as the context: no
# network, no compiler and no base is needed, and the classic builder does it as well as BuildKit.
FROM scratch
# First, before anything else makes a layer: the classic builder gives the image the platform of this step.
COPY dual-reconciler /dual-reconciler
ARG VERSION=devel
LABEL org.opencontainers.image.title="dual-reconciler" \
      org.opencontainers.image.description="Keeps developer workspaces on Docker converged on a directory of manifests" \
      org.opencontainers.image.source="https://github.com/dual-dev/dual-reconciler" \
      org.opencontainers.image.documentation="https://github.com/dual-dev/dual-reconciler/blob/main/docs/service.md" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}"
# No USER: the engine's socket belongs to root and to a group whose number differs from machine to machine, and whoever may
# use it is root on the host anyway. docs/service.md says how to run it as another user.
ENV XDG_STATE_HOME=/state
VOLUME /state
ENTRYPOINT ["/dual-reconciler"]
CMD ["run"]
