using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using AdminApi.Tests.Kit;
using static AdminApi.Tests.Kit.ChannelSamples;

namespace AdminApi.Tests;

/// <summary>A real nginx that compresses in front of the API, as operators run it: it weakens the ETag of compressed responses.</summary>
[Collection(ApiCollection.Name)]
public sealed class NginxTests(ApiFixture api) : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-nginx").FullName;
    private Process _nginx = null!;
    private HttpClient _client = null!;

    public async Task InitializeAsync()
    {
        var port = FreePort();
        await File.WriteAllTextAsync(Path.Combine(_folder, "nginx.conf"), $$"""
            daemon off; master_process off; pid {{_folder}}/pid; error_log {{_folder}}/error.log;
            events { }
            http {
              access_log off; client_body_temp_path {{_folder}}/body; proxy_temp_path {{_folder}}/proxy;
              fastcgi_temp_path {{_folder}}/fastcgi;
              uwsgi_temp_path {{_folder}}/uwsgi; scgi_temp_path {{_folder}}/scgi;
              gzip on; gzip_min_length 0; gzip_proxied any; gzip_types application/json;
              server { listen 127.0.0.1:{{port}}; location / { proxy_pass {{api.Client.BaseAddress}}; } }
            }
            """);
        _nginx = Process.Start(
            new ProcessStartInfo("nginx", ["-c", Path.Combine(_folder, "nginx.conf"), "-e", Path.Combine(_folder, "error.log")]))!;
        _client = new HttpClient(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.All }) { BaseAddress = new Uri(
            $"http://127.0.0.1:{port}") };
        await ListensAsync(port);
    }

    public Task DisposeAsync()
    {
        _client.Dispose();
        _nginx.Kill();
        _nginx.WaitForExit();
        _nginx.Dispose();
        Directory.Delete(_folder, recursive: true);
        return Task.CompletedTask;
    }

    [Fact]
    public async Task What_was_read_through_it_can_be_changed_through_it()
    {
        var id = await ChannelAsync(api);
        using var read = await _client.SendAsync(api.Get($"/v1/channels/{id}"));
        var tag = read.Headers.ETag!;
        Assert.True(tag.IsWeak, $"{tag} was not weakened, so the test proves nothing");
        var change = api.Patch($"/v1/channels/{id}", new { name = "Desk" });
        change.Headers.IfMatch.Add(tag);
        using var answer = await _client.SendAsync(change);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var again = api.Patch($"/v1/channels/{id}", new { name = "Other" });
        again.Headers.IfMatch.Add(tag);
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await _client.SendAsync(again)).StatusCode);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task ListensAsync(int port)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            using var probe = new TcpClient();
            try
            {
                await probe.ConnectAsync(IPAddress.Loopback, port, timeout.Token);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(20, timeout.Token);
            }
        }
    }
}
