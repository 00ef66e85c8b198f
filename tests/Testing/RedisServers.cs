using System.Diagnostics;
using System.Text.RegularExpressions;
using Testing.Peers;

namespace Testing;

/// <summary>
/// Several Redis servers that work together, as in installations that survive the loss of one. They end with this object.
/// </summary>
public sealed class RedisServers : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);

    /// <summary>The user of redis-cli, and the password.</summary>
    private const string Admin = "test-admin";

    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-redis-").FullName;
    private readonly Dictionary<int, ChildProgram> _programs = [];

    /// <summary>How redis-cli gets in.</summary>
    private string[] _access = [];

    private RedisServers()
    {
    }

    /// <summary>The connection string for the product.</summary>
    public string Configuration { get; private set; } = "";

    /// <summary>With TLS: the file of the authority that signed the server's certificate.</summary>
    public string Authority => Path.Combine(_folder, "server.pem");

    /// <summary>
    /// A primary and a replica with a Sentinel that makes the replica the primary within two seconds of the primary's end.
    /// </summary>
    public static Task<RedisServers> StartSentinelAsync() => StartAsync(async servers =>
    {
        var (primary, replica, sentinel) = (LoopbackPorts.Take(), LoopbackPorts.Take(), LoopbackPorts.Take());
        await servers.RunAsync(primary);
        await servers.RunAsync(replica, $"replicaof 127.0.0.1 {primary}");
        await servers.FollowsAsync(replica);
        await servers.RunAsync(
            sentinel, "sentinel monitor calls 127.0.0.1 " + primary + " 1", "sentinel down-after-milliseconds calls 1000",
            "sentinel failover-timeout calls 4000");
        await SeeAsync(() => servers.Cli(sentinel, "sentinel", "replicas", "calls")
            .Contains(replica.ToString(), StringComparison.Ordinal), "the Sentinel knows the replica");
        servers.Configuration = $"127.0.0.1:{sentinel},serviceName=calls";
        (servers.Primary, servers.Sentinel) = (primary, sentinel);
        servers.Replica = replica;
    });

    /// <summary>Three primaries, which share the slots; the first one with a replica, or none with one.</summary>
    public static Task<RedisServers> StartClusterAsync(bool hasReplica = false) => StartAsync(async servers =>
    {
        // Its bus has the port ten thousand above, which has to be below 65536.
        var ports = Enumerable.Range(0, hasReplica ? 4 : 3).Select(_ => LoopbackPorts.Take()).ToArray();
        await Task.WhenAll(ports.Select(port => servers.RunAsync(
            port, "cluster-enabled yes", "cluster-node-timeout 1000", $"cluster-port {LoopbackPorts.Take()}")));
        servers.Cli(ports[0], ["--cluster", "create", .. ports[..3].Select(port => "127.0.0.1:" + port), "--cluster-yes"]);
        await SeeAsync(() => ports[..3].All(port =>
            servers.Cli(port, "cluster", "info").Contains("cluster_state:ok", StringComparison.Ordinal)), "the Cluster is up");
        if (hasReplica)
        {
            var first = servers.Cli(ports[0], "cluster", "myid").Trim();
            servers.Cli(
                ports[0], "--cluster", "add-node", $"127.0.0.1:{ports[3]}", $"127.0.0.1:{ports[0]}", "--cluster-slave",
                "--cluster-master-id", first);
            await servers.FollowsAsync(ports[3]);
        }
        servers.Configuration = string.Join(',', ports.Select(port => "127.0.0.1:" + port));
        servers.Primary = ports[0];
    });

    /// <summary>One server with a user and a password of its access control list; no more rights than deploy/README.md gives.</summary>
    public static Task<RedisServers> StartWithUserAsync(string user, string password) => StartAsync(async servers =>
    {
        var port = LoopbackPorts.Take();
        servers._access = ["--user", Admin, "--pass", Admin, "--no-auth-warning"];
        await servers.RunAsync(port, $"user {Admin} on >{Admin} ~* &* +@all", "user default off", $"user {user} on >{password} {Rights()}");
        servers.Configuration = $"redis://{user}:{password}@127.0.0.1:{port}";
        servers.Primary = port;
    });

    /// <summary>One server that speaks TLS only, with a certificate of an authority of its own.</summary>
    public static Task<RedisServers> StartTlsAsync() => StartAsync(async servers =>
    {
        SelfSignedCertificate.Write(servers.Authority);
        servers._access = ["--tls", "--cacert", servers.Authority];
        var port = LoopbackPorts.Take();
        await servers.RunAsync(
            port, "port 0", $"tls-port {port}", $"tls-cert-file {servers.Authority}", $"tls-key-file {servers.Authority}",
            $"tls-ca-cert-file {servers.Authority}", "tls-auth-clients no");
        servers.Configuration = $"rediss://127.0.0.1:{port}";
        servers.Primary = port;
    });

    /// <summary>A primary and its replica; <see cref="Configuration"/> names the replica.</summary>
    public static Task<RedisServers> StartReplicaAsync() => StartAsync(async servers =>
    {
        var (primary, replica) = (LoopbackPorts.Take(), LoopbackPorts.Take());
        await servers.RunAsync(primary);
        await servers.RunAsync(replica, $"replicaof 127.0.0.1 {primary}");
        await servers.FollowsAsync(replica);
        servers.Configuration = "127.0.0.1:" + replica;
    });

    private int Primary { get; set; }

    private int Sentinel { get; set; }

    /// <summary>With a Sentinel: the server that takes the primary's place.</summary>
    private int Replica { get; set; }

    /// <summary>Kills the primary without a clean shutdown, once its replica has all of it; of a Cluster the first one.</summary>
    public async Task KillPrimaryAsync()
    {
        await SeeAsync(
            () => Regex.Match(Cli(Primary, "info", "replication"), @"offset=(\d+).*master_repl_offset:(\d+)", RegexOptions.Singleline)
                is not { Success: true } offsets || offsets.Groups[1].Value == offsets.Groups[2].Value,
            "the replica has all");
        await _programs[Primary].KillAsync();
    }

    /// <summary>Kills the only Sentinel.</summary>
    public Task KillSentinelAsync() => _programs[Sentinel].KillAsync();

    /// <summary>Starts what was killed again, on its port.</summary>
    public async Task ReviveAsync()
    {
        foreach (var (port, program) in _programs.Where(one => one.Value.HasExited).ToList())
        {
            await program.DisposeAsync();
            await LaunchAsync(port);
        }
    }

    /// <summary>Gives a user another password, and ends the user's connections.</summary>
    public void ChangePassword(string user, string password)
    {
        Cli(Primary, "acl", "setuser", user, "resetpass", ">" + password);
        Cli(Primary, "client", "kill", "user", user);
    }

    /// <summary>
    /// With a Sentinel: starts the killed primary again, empty, as replica of the one that has taken its place. Returns when one of the two
    /// is the primary and the other its replica, by their own word and by the Sentinel's. Which is which it may have changed once more
    /// meanwhile: on a busy machine a primary is silent for longer than the Sentinel waits.
    /// </summary>
    public async Task FollowAsync()
    {
        var (dead, heir) = (Primary, Replica);
        await SeeAsync(() => IsPrimary(heir), "the replica is the primary");
        await _programs[dead].DisposeAsync();
        // What it was sent when it became a replica, perhaps minutes ago: promoted once more before it follows, it would serve that.
        File.Delete(Path.Combine(FolderOf(dead), "dump.rdb"));
        await RunAsync(dead, $"replicaof 127.0.0.1 {heir}");
        await SeeAsync(() => IsPair(heir, dead) || IsPair(dead, heir), "one is the primary and the other its replica");
        (Primary, Replica) = IsPrimary(heir) ? (heir, dead) : (dead, heir);
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
        var folder = FolderOf(port);
        var isSentinel = lines.Any(line => line.StartsWith("sentinel", StringComparison.Ordinal));
        File.WriteAllLines(Path.Combine(folder, "redis.conf"), [$"port {port}", "bind 127.0.0.1", $"dir {folder}", "protected-mode no",
            .. isSentinel ? [] : new[] { "save \"\"", "appendonly no" }, .. lines]);
        await LaunchAsync(port);
    }

    private async Task LaunchAsync(int port)
    {
        var folder = FolderOf(port);
        var file = Path.Combine(folder, "redis.conf");
        var isSentinel = File.ReadLines(file).Any(line => line.StartsWith("sentinel", StringComparison.Ordinal));
        var program = new ChildProgram(
            "Redis", folder, ["redis-server", file, .. isSentinel ? new[] { "--sentinel" } : []], new Dictionary<string, string>());
        lock (_programs)
            _programs[port] = program;
        await SeeAsync(() => Cli(port, "ping").Contains("PONG", StringComparison.Ordinal), "Redis answers");
    }

    private Task FollowsAsync(int replica) => SeeAsync(() => IsFollowing(replica), "the replica follows");

    private bool IsPrimary(int port) => Cli(port, "info", "replication").Contains("role:master", StringComparison.Ordinal);

    private bool IsFollowing(int port) => Cli(port, "info", "replication").Contains("master_link_status:up", StringComparison.Ordinal);

    /// <summary>True too only once the Sentinel would make the replica the primary.</summary>
    private bool IsPair(int primary, int replica) => IsPrimary(primary) && IsFollowing(replica)
        && Cli(Sentinel, "sentinel", "get-master-addr-by-name", "calls").Contains(primary.ToString(), StringComparison.Ordinal)
        && Regex.IsMatch(Cli(Sentinel, "sentinel", "replicas", "calls"), $@"port\n{replica}\n(.*\n)*?flags\nslave\n");

    private string FolderOf(int port) => Directory.CreateDirectory(Path.Combine(_folder, port.ToString())).FullName;

    /// <summary>What the manual gives the gateway's user.</summary>
    private static string Rights() =>
        Regex.Match(File.ReadAllText(Repository.File("deploy/README.md")), "`ACL SETUSER gateway on >PASSWORD ([^`]+)`").Groups[1].Value;

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

    private string Cli(int port, params string[] arguments)
    {
        string[] to = arguments is ["--cluster", ..] ? [] : ["-p", port.ToString(), .. _access];
        using var process = Process.Start(
            new ProcessStartInfo("redis-cli", [.. to, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return text;
    }
}
