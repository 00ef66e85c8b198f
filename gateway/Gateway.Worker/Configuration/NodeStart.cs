using System.Globalization;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Configuration;

/// <summary>
/// The name of this run of the process, different at each start of the same node: whatever an earlier one left open is over, and nobody
/// else will close it.
/// </summary>
internal sealed class NodeStart(TimeProvider time, IEntropy entropy)
{
    public string Value { get; } = time.GetUtcNow().ToString("yyyyMMdd'T'HHmmss'Z-'", CultureInfo.InvariantCulture) + entropy.NextHex(8);
}
