using AdminApi;
using AdminApi.Keys;
using AdminApi.Platform;

if (args is [CreateKeyCommand.Verb, ..])
    return await CreateKeyCommand.RunAsync(args, Console.Out);
if (args is [AdminHealthCommand.Verb, ..])
    return await AdminHealthCommand.RunAsync(args, Console.Out);
WebApplication app;
try
{
    app = AdminApiHost.Build(args);
}
catch (InvalidOperationException refusal)
{
    await Console.Error.WriteLineAsync(refusal.Message);
    return 2;
}
await app.RunAsync();
return 0;
