using System.Reflection;
using Microsoft.AspNetCore.Mvc;

namespace AdminApi.Platform;

/// <summary>Refuses query parameters that an operation does not have: a misspelt filter must not list everything.</summary>
internal static class QueryNames
{
    public static EndpointFilterDelegate Filter(EndpointFilterFactoryContext factory, EndpointFilterDelegate next)
    {
        var known = factory.MethodInfo.GetParameters().SelectMany(NamesOf).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return context =>
        {
            var unknown = context.HttpContext.Request.Query.Keys.Where(name => !known.Contains(name)).ToArray();
            return unknown.Length == 0
                ? next(context)
                : ValueTask.FromResult<object?>(Problems.InvalidRequest.Of(
                    $"Unknown query parameters: {string.Join(", ", unknown)}.",
                    [.. unknown.Select(name => new FieldError(name, "Is not a parameter of this operation."))]));
        };
    }

    private static IEnumerable<string> NamesOf(ParameterInfo parameter) =>
        parameter.GetCustomAttribute<AsParametersAttribute>() is null
            ? [NameOf(parameter, parameter.Name!)]
            : parameter.ParameterType.GetProperties().Select(property => NameOf(property, property.Name));

    private static string NameOf(ICustomAttributeProvider member, string name) =>
        member.GetCustomAttributes(typeof(FromQueryAttribute), inherit: true).OfType<FromQueryAttribute>().FirstOrDefault()?.Name ?? name;
}
