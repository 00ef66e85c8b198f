using AdminApi;
using AdminApi.Keys;

if (args is [CreateKeyCommand.Verb, ..])
    return await CreateKeyCommand.RunAsync(args, Console.Out);
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
