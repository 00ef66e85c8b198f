using Sandbox;

await SandboxApp.Build(null, args).RunAsync();
