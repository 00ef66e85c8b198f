using AdminApi;

AdminApiHost.Build(args).Run();
