namespace Gateway.Worker.Configuration;

/// <summary>How spans travel to the collector.</summary>
public enum OtlpTransport
{
    /// <summary>HTTP with protobuf, as a rule port 4318.</summary>
    Http,

    /// <summary>gRPC, as a rule port 4317.</summary>
    Grpc,
}

/// <summary>OpenTelemetry: one trace of spans for each call.</summary>
public sealed record OtelOptions
{
    /// <summary>The collector, `http://collector:4318`; null: no spans are made.</summary>
    public string? Endpoint { get; init; }

    public OtlpTransport Transport { get; init; } = OtlpTransport.Http;

    /// <summary>`service.name` of the spans.</summary>
    public string Service { get; init; } = "whatsapp-calls-gateway";

    /// <summary>The header of the PBX's INVITE, and of ours, that carries the W3C trace context.</summary>
    public string Header { get; init; } = "traceparent";

    /// <summary>The collector has to answer within it.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Where spans are posted: the endpoint, with the path of OTLP/HTTP where it has none.</summary>
    internal Uri Address()
    {
        var endpoint = new Uri(Endpoint!);
        return Transport == OtlpTransport.Http && endpoint.AbsolutePath == "/" ? new Uri(endpoint, "/v1/traces") : endpoint;
    }

    /// <summary>A name that a trace context may travel under.</summary>
    internal static bool IsHeader(string name) => name.Length is > 0 and <= 64 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-');

    internal IEnumerable<string> Validate()
    {
        if (Endpoint is not null && !(Uri.TryCreate(Endpoint, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
            yield return $"endpoint: '{Endpoint}' is not of the form http://HOST:PORT or https://….";
        if (!IsHeader(Header))
            yield return "header: must be 1 to 64 letters, digits or '-'.";
        if (Service.Length is 0 or > 200)
            yield return "service: must be 1 to 200 characters.";
        if (Timeout < TimeSpan.FromMilliseconds(100) || Timeout > TimeSpan.FromMinutes(1))
            yield return "timeout: must be between 100 ms and 1 minute.";
    }
}
