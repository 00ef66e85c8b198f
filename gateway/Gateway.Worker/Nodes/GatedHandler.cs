namespace Gateway.Worker.Nodes;

/// <summary>Holds requests to Meta back while this process does not know which calls it still has.</summary>
internal sealed class GatedHandler(NodeLease lease, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        await lease.WhenOpenAsync(cancellationToken);
        return await base.SendAsync(request, cancellationToken);
    }
}
