Redoc.init('/v1/openapi.json', { nativeScrollbars: true, hideDownloadButton: false }, document.getElementById('reference'));
