using System.Diagnostics;
using Testing.Peers;

namespace Testing;

/// <summary>
/// Several Redis servers that work together, as in installations that survive the loss of one. They end with this object.
/// </summary>
public sealed class RedisServers : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);

    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-redis-").FullName;
    private readonly Dictionary<int, ChildProgram> _programs = [];

    private RedisServers()
    {
    }

    /// <summary>The connection string for the product.</summary>
    public string Configuration { get; private set; } = "";

    /// <summary>
    /// A primary and a replica with a Sentinel that makes the replica the primary within two seconds of the primary's end.
    /// </summary>
    public static Task<RedisServers> StartSentinelAsync() => StartAsync(async servers =>
    {
        var (primary, replica, sentinel) = (LoopbackPorts.Take(), LoopbackPorts.Take(), LoopbackPorts.Take());
        await servers.RunAsync(primary);
        await servers.RunAsync(replica, $"replicaof 127.0.0.1 {primary}");
        await SeeAsync(
            () => Cli(replica, "info", "replication").Contains("master_link_status:up", StringComparison.Ordinal), "the replica follows");
        await servers.RunAsync(
            sentinel, "sentinel monitor calls 127.0.0.1 " + primary + " 1", "sentinel down-after-milliseconds calls 1000",
            "sentinel failover-timeout calls 4000");
        await SeeAsync(() => Cli(sentinel, "sentinel", "replicas", "calls")
            .Contains(replica.ToString(), StringComparison.Ordinal), "the Sentinel knows the replica");
        servers.Configuration = $"127.0.0.1:{sentinel},serviceName=calls";
        (servers.Primary, servers.Replica) = (primary, replica);
    });

    /// <summary>Three primaries, which share the slots.</summary>
    public static Task<RedisServers> StartClusterAsync() => StartAsync(async servers =>
    {
        // Its bus has the port ten thousand above, which has to be below 65536.
        var ports = new[] { 3, 2, 1 }.Select(_ => LoopbackPorts.Take()).ToArray();
        foreach (var port in ports)
            await servers.RunAsync(port, "cluster-enabled yes", "cluster-node-timeout 3000", $"cluster-port {LoopbackPorts.Take()}");
        Cli(ports[0], ["--cluster", "create", .. ports.Select(port => "127.0.0.1:" + port), "--cluster-yes"]);
        await SeeAsync(() =>
            ports.All(port => Cli(port, "cluster", "info").Contains("cluster_state:ok", StringComparison.Ordinal)), "the Cluster is up");
        servers.Configuration = string.Join(',', ports.Select(port => "127.0.0.1:" + port));
    });

    /// <summary>One server with a user and a password of its access control list.</summary>
    public static Task<RedisServers> StartWithUserAsync(string user, string password) => StartAsync(async servers =>
    {
        var port = LoopbackPorts.Take();
        await servers.RunAsync(port, $"user {user} on >{password} ~wa:* &wa:* +@all");
        Cli(port, "acl", "setuser", "default", "off");
        servers.Configuration = $"redis://{user}:{password}@127.0.0.1:{port}";
        servers.Primary = port;
    });

    /// <summary>A primary and its replica; <see cref="Configuration"/> names the replica.</summary>
    public static Task<RedisServers> StartReplicaAsync() => StartAsync(async servers =>
    {
        var (primary, replica) = (LoopbackPorts.Take(), LoopbackPorts.Take());
        await servers.RunAsync(primary);
        await servers.RunAsync(replica, $"replicaof 127.0.0.1 {primary}");
        await SeeAsync(
            () => Cli(replica, "info", "replication").Contains("master_link_status:up", StringComparison.Ordinal), "the replica follows");
        servers.Configuration = "127.0.0.1:" + replica;
    });

    private int Primary { get; set; }

    /// <summary>With a Sentinel: the server that takes the primary's place.</summary>
    private int Replica { get; set; }

    /// <summary>Kills the primary without a clean shutdown.</summary>
    public Task KillPrimaryAsync() => _programs[Primary].KillAsync();

    /// <summary>Starts the killed primary again, as replica of the one that has taken its place. Returns when it follows.</summary>
    public async Task FollowAsync()
    {
        var (dead, primary) = (Primary, Replica);
        await SeeAsync(
            () => Cli(primary, "info", "replication").Contains("role:master", StringComparison.Ordinal), "the replica is the primary");
        await _programs[dead].DisposeAsync();
        await RunAsync(dead, $"replicaof 127.0.0.1 {primary}");
        await SeeAsync(
            () => Cli(dead, "info", "replication").Contains("master_link_status:up", StringComparison.Ordinal), "the old primary follows");
        (Primary, Replica) = (primary, dead);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var program in _programs.Values)
            await program.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<RedisServers> StartAsync(Func<RedisServers, Task> start)
    {
        var servers = new RedisServers();
        try
        {
            await start(servers);
            return servers;
        }
        catch
        {
            await servers.DisposeAsync();
            throw;
        }
    }

    private async Task RunAsync(int port, params string[] lines)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder, port.ToString())).FullName;
        var file = Path.Combine(folder, "redis.conf");
        var isSentinel = lines.Any(line => line.StartsWith("sentinel", StringComparison.Ordinal));
        File.WriteAllLines(file, [$"port {port}", "bind 127.0.0.1", $"dir {folder}", "protected-mode no", .. isSentinel
            ? []
            : new[] { "save \"\"", "appendonly no" }, .. lines]);
        _programs[port] = new ChildProgram(
            "Redis", folder, ["redis-server", file, .. isSentinel ? new[] { "--sentinel" } : []], new Dictionary<string, string>());
        await SeeAsync(() => Cli(port, "ping").Contains("PONG", StringComparison.Ordinal)
            || Cli(port, "ping").Contains("NOAUTH", StringComparison.Ordinal), "Redis answers");
    }

    private static async Task SeeAsync(Func<bool> holds, string what)
    {
        var started = Stopwatch.GetTimestamp();
        while (!holds())
        {
            if (Stopwatch.GetElapsedTime(started) > StartTimeout)
                throw new TimeoutException($"Not seen in {StartTimeout.TotalSeconds} s: {what}.");
            await Task.Delay(50);
        }
    }

    private static string Cli(int port, params string[] arguments)
    {
        string[] to = arguments is ["--cluster", ..] ? [] : ["-p", port.ToString()];
        using var process = Process.Start(
            new ProcessStartInfo("redis-cli", [.. to, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return text;
    }
}
