using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gateway.Worker.Tests.Tracing;

/// <summary>A span as it came over the wire.</summary>
internal sealed record CollectedSpan(
    string Service, string Name, string TraceId, string SpanId, string ParentId, TimeSpan Duration,
    IReadOnlyDictionary<string, string> Tags, bool IsError);

/// <summary>
/// A collector of OTLP over HTTP, written from opentelemetry-proto (collector/trace/v1, trace/v1, common/v1): it takes spans, or is as slow
/// as it is told to be.
/// </summary>
internal sealed class OtlpCollector : IAsyncDisposable
{
    private readonly ConcurrentQueue<CollectedSpan> _spans = new();
    private readonly CancellationTokenSource _stop = new();
    private WebApplication? _app;

    /// <summary>Requests are not answered.</summary>
    public bool IsStuck { get; init; }

    public string Url => _app!.Urls.Single();

    public IReadOnlyCollection<CollectedSpan> Spans => _spans;

    /// <summary>Requests that came.</summary>
    public int Requests { get; private set; }

    public async Task<OtlpCollector> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapPost("/v1/traces", TakeAsync);
        await _app.StartAsync();
        return this;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_app is not null)
            await _app.DisposeAsync();
        _stop.Dispose();
    }

    private async Task TakeAsync(HttpContext context)
    {
        Requests++;
        if (IsStuck)
            await Task.WhenAny(Task.Delay(Timeout.Infinite, _stop.Token));
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        foreach (var resourceSpans in Fields(body.ToArray()).Where(field => field.Number == 1))
        {
            var parts = Fields(resourceSpans.Bytes).ToArray();
            var resource = parts.Where(part => part.Number == 1).SelectMany(part => Fields(part.Bytes));
            var service = Tags(resource, 1).GetValueOrDefault("service.name", "");
            var scopes = parts.Where(part => part.Number == 2).SelectMany(scope => Fields(scope.Bytes));
            foreach (var span in scopes.Where(one => one.Number == 2))
                _spans.Enqueue(Span(service, [.. Fields(span.Bytes)]));
        }
    }

    private static CollectedSpan Span(string service, Field[] fields)
    {
        byte[] Of(int number) => fields.FirstOrDefault(field => field.Number == number).Bytes ?? [];
        var status = Fields(Of(15)).FirstOrDefault(field => field.Number == 3).Value;
        return new CollectedSpan(
            service, Encoding.UTF8.GetString(Of(5)), Convert.ToHexStringLower(Of(1)), Convert.ToHexStringLower(Of(2)),
            Convert.ToHexStringLower(Of(4)),
            TimeSpan.FromTicks((long)(fields.First(f => f.Number == 8).Value - fields.First(f => f.Number == 7).Value) / 100),
            Tags(fields, 9), status == 2);
    }

    private static Dictionary<string, string> Tags(IEnumerable<Field> fields, int number)
    {
        var tags = new Dictionary<string, string>();
        foreach (var pair in fields.Where(field => field.Number == number))
        {
            var parts = Fields(pair.Bytes).ToArray();
            var value = Fields(parts.First(part => part.Number == 2).Bytes).FirstOrDefault();
            tags[Encoding.UTF8.GetString(parts.First(part => part.Number == 1).Bytes)] =
                value.Number == 1 ? Encoding.UTF8.GetString(value.Bytes) : $"{value.Value}";
        }
        return tags;
    }

    /// <summary>The fields of a protobuf message (wire types 0, 1, 2, 5).</summary>
    private static IEnumerable<Field> Fields(byte[] message)
    {
        for (var at = 0; at < message.Length;)
        {
            var tag = Varint(message, ref at);
            var number = (int)(tag >> 3);
            switch (tag & 7)
            {
                case 0:
                    yield return new Field(number, [], Varint(message, ref at));
                    break;
                case 1:
                    yield return new Field(number, [], BinaryPrimitives.ReadUInt64LittleEndian(message.AsSpan(at, 8)));
                    at += 8;
                    break;
                case 2:
                    var length = (int)Varint(message, ref at);
                    yield return new Field(number, message[at..(at + length)], 0);
                    at += length;
                    break;
                default:
                    yield return new Field(number, [], BinaryPrimitives.ReadUInt32LittleEndian(message.AsSpan(at, 4)));
                    at += 4;
                    break;
            }
        }
    }

    private static ulong Varint(byte[] message, ref int at)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = message[at++];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
                return value;
        }
    }

    private readonly record struct Field(int Number, byte[] Bytes, ulong Value);
}
