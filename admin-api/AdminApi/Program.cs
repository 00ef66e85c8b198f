using AdminApi;
using AdminApi.Keys;

if (args is [CreateKeyCommand.Verb, ..])
    return await CreateKeyCommand.RunAsync(args, Console.Out);
await AdminApiHost.Build(args).RunAsync();
return 0;
