using System.Data;
using Dapper;
using Npgsql;
using NpgsqlTypes;

namespace Gateway.Storage;

/// <summary>An array parameter whose elements may be null: Npgsql would otherwise derive its type from the first element.</summary>
internal sealed class TypedArray(NpgsqlDbType element, Array values) : SqlMapper.ICustomQueryParameter
{
    public static TypedArray OfText(IEnumerable<string?> values) => new(NpgsqlDbType.Text, values.ToArray());

    public void AddParameter(IDbCommand command, string name) =>
        command.Parameters.Add(new NpgsqlParameter(name, NpgsqlDbType.Array | element) { Value = values });
}
