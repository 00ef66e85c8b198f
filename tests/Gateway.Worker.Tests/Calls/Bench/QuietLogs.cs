using System.Runtime.CompilerServices;

namespace Gateway.Worker.Tests.Calls.Bench;

/// <summary>Gateways in tests log nothing unless GATEWAY_LOG_LEVEL is set.</summary>
internal static class QuietLogs
{
    [ModuleInitializer]
    public static void Set()
    {
        if (Environment.GetEnvironmentVariable("GATEWAY_LOG_LEVEL") is null)
            Environment.SetEnvironmentVariable("GATEWAY_LOG_LEVEL", "None");
    }
}
