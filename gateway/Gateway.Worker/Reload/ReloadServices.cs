using Gateway.Storage.Admin;
using Gateway.WhatsApp.Webhooks;
using Gateway.Worker.Configuration;
using Gateway.Worker.Logs;

namespace Gateway.Worker.Reload;

/// <summary>Registers the configuration in force and its reload.</summary>
internal static class ReloadServices
{
    public static void AddReload(
        this IServiceCollection services, GatewayOptions options, string? path, LogSwitch logs, DateTimeOffset now)
    {
        services.AddSingleton(new LiveOptions(new ConfigurationSnapshot(options, now)));
        services.AddSingleton(new ConfigurationFile(path));
        services.AddSingleton(logs);
        services.AddSingleton(new WebhookSecrets(
            [.. options.WhatsApp.AppSecrets.Select(secret => secret.Reveal())], options.WhatsApp.VerifyToken.Reveal()));
        services.AddSingleton<ReloadedParts>();
        services.AddSingleton<ConfigurationReload>();
        services.AddSingleton<AuditStore>();
        services.AddHostedService<ReloadSignal>();
    }
}
