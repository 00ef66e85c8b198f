using Media.Protocols.Primitives;

namespace Gateway.Sip.Resolution;

/// <summary>The order in which SRV targets are tried (RFC 2782, "Weight"): by priority, and at random by weight within one.</summary>
public static class SrvOrder
{
    public static IReadOnlyList<SrvRecord> Sort(IEnumerable<SrvRecord> records, IEntropy entropy)
    {
        List<SrvRecord> sorted = [];
        foreach (var group in records.GroupBy(record => record.Priority).OrderBy(group => group.Key))
        {
            // Weight 0 first: so they have a small chance as long as others are left.
            var rest = group.OrderBy(record => record.Weight == 0 ? 0 : 1).ToList();
            while (rest.Count > 0)
            {
                var total = rest.Sum(record => (long)record.Weight);
                var ticket = (long)(entropy.NextUInt32() % (ulong)(total + 1));
                var at = 0;
                for (var sum = (long)rest[0].Weight; sum < ticket; sum += rest[at].Weight)
                    at++;
                sorted.Add(rest[at]);
                rest.RemoveAt(at);
            }
        }
        return sorted;
    }
}
