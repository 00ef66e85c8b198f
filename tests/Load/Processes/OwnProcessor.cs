using System.Diagnostics;
using Load.Servers;

namespace Load.Processes;

/// <summary>The machine's last processor for the gateways alone; the load and the stores, which it starts, have the first.</summary>
internal static class OwnProcessor
{
    /// <summary>A gateway thinks that it has one processor, so that it has one media loop.</summary>
    public static readonly IReadOnlyDictionary<string, string> Environment =
        new Dictionary<string, string> { ["DOTNET_PROCESSOR_COUNT"] = "1" };

    /// <summary>Keeps to the first processor from now on; so do its children. False, and said, if it is the only one.</summary>
    public static bool TryLeaveToServer()
    {
        if (System.Environment.ProcessorCount < 2)
        {
            Console.Error.WriteLine("The gateways need a processor of their own beside the load's: this machine has one.");
            return false;
        }
        Pin(System.Environment.ProcessId, 0);
        return true;
    }

    /// <summary>Gives it to the gateways, which have started.</summary>
    public static void Give(GatewayServer server)
    {
        foreach (var node in server.Nodes)
            Pin(node.Id, System.Environment.ProcessorCount - 1);
    }

    /// <summary>All threads of a process, and those that they start.</summary>
    private static void Pin(int process, int processor)
    {
        using var taskset = Process.Start(new ProcessStartInfo("taskset", ["-a", "-c", "-p", $"{processor}", $"{process}"])
        {
            RedirectStandardOutput = true,
        })!;
        taskset.StandardOutput.ReadToEnd();
        taskset.WaitForExit();
    }
}
